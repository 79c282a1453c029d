"""One scaffold, created and built by the tool itself, shared by every test that needs a bundle."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
TOOL = Path(sys.executable).parent / "plugin-cli"
_SOURCES = ("plugin_cli", "plugin_sdk", "templates", "frontend/runtime", "pyproject.toml")


@dataclass(frozen=True)
class BuiltPlugin:
    """A built plugin repository. Tests only read it; `copy` gives one of their own."""

    root: Path

    @property
    def dist(self) -> Path:
        return self.root / "dist"

    @property
    def executable(self) -> Path:
        (found,) = [path for path in self.dist.glob("gpx_weather_linux_*") if path.is_file()]
        return found

    def copy(self, folder: Path) -> BuiltPlugin:
        return BuiltPlugin(Path(shutil.copytree(self.root, folder, symlinks=True)))


def build_once() -> BuiltPlugin:
    """Build into .cache, under a name made of the sources' content: a stale bundle is never used."""
    cache = ROOT / ".cache" / "built-plugin"
    root = cache / _fingerprint() / "weather"
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache):
        if not (root / "dist" / "plugin.json").is_file():
            _build(root)
    return BuiltPlugin(root)


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Let one run build while others wait: they share the result."""
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(root: Path) -> None:
    shutil.rmtree(root.parent, ignore_errors=True)
    root.parent.mkdir(parents=True)
    create = [
        "create",
        "weather",
        "--type",
        "datasource",
        "--name",
        "Weather",
        "--org",
        "acme",
        "--backend",
        "--defaults",
    ]
    run_tool(*create, cwd=root.parent)
    run_tool("build", "linux", cwd=root)


def run_tool(
    *arguments: str, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `plugin-cli`; a failure shows everything it said."""
    done = subprocess.run(
        [TOOL, *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (
        f"plugin-cli {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    )
    return done


def _fingerprint() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in _files():
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _files() -> Iterator[Path]:
    for name in _SOURCES:
        top = ROOT / name
        found = [top] if top.is_file() else sorted(top.rglob("*"))
        yield from (path for path in found if path.is_file() and "__pycache__" not in path.parts)
