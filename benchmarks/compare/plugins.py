"""Builds the plugins: Go's as mage does, ours with `plugin-cli`, and an empty PyInstaller program."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from benchmarks.compare.progress import progress
from tests.conformance.build import go_tool

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "bench"
TOOL = Path(sys.executable).parent / "plugin-cli"
GO_PLUGIN = ROOT / "benchmarks" / "go-plugin"
PYTHON_PLUGIN = ROOT / "benchmarks" / "python-plugin"
_SOURCES = ("plugin_cli", "plugin_sdk", "templates", "frontend/runtime", "pyproject.toml")
_PACKAGE = Path("backend") / "weather"


class BuildError(SystemExit):
    """A command failed; the text is its output."""


def run(command: Sequence[str | Path], cwd: Path, **environment: str) -> str:
    """Run a command and return what it printed. Raises BuildError with its output where it fails."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command, cwd=cwd, env=env | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildError(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Built:
    """The programs to measure, each built when it is first asked for and kept while its sources stay."""

    @cached_property
    def python(self) -> Path:
        """The Python plugin's repository, built."""
        return self._repository("python", [])

    @cached_property
    def numpy(self) -> Path:
        """The same with numpy among its dependencies."""
        return self._repository("numpy", ["numpy>=2.1"])

    @cached_property
    def pandas(self) -> Path:
        """The same with pandas among its dependencies."""
        return self._repository("pandas", ["pandas>=2.2"])

    @cached_property
    def go(self) -> Path:
        """The Go plugin's executable."""
        target = CACHE / "go" / _fingerprint(GO_PLUGIN) / "gpx_bench"
        if not target.exists():
            progress("building the Go plugin")
            shutil.rmtree(CACHE / "go", ignore_errors=True)
            build_go(target)
        return target

    @cached_property
    def hello(self) -> Path:
        """A program that prints one line, as PyInstaller makes it without options."""
        folder = CACHE / f"hello-{sys.version_info.major}.{sys.version_info.minor}"
        target = folder / "dist" / "hello" / "hello"
        if not target.exists():
            progress("building the empty PyInstaller program")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "hello.py").write_text('print("hello", flush=True)\n')
            run([sys.executable, "-m", "PyInstaller", "--noconfirm", "--onedir", "hello.py"], folder)
        return target

    def _repository(self, name: str, dependencies: list[str]) -> Path:
        root = CACHE / name / _fingerprint(PYTHON_PLUGIN) / "weather"
        if not (root / "dist" / "plugin.json").is_file():
            progress(f"building the Python plugin ({name})")
            shutil.rmtree(CACHE / name, ignore_errors=True)
            root.parent.mkdir(parents=True)
            create(root.parent, dependencies)
            run([TOOL, "build", "linux"], root)
        return root


def create(folder: Path, dependencies: Sequence[str] = ()) -> Path:
    """Create the plugin's repository in `folder`, its backend replaced by the measured one."""
    run([TOOL, "create", "weather", "--name", "Weather", "--org", "acme", "--defaults"], folder)
    root = folder / "weather"
    for name in ("datasource.py", "models.py", *(["arrays.py"] if dependencies else [])):
        shutil.copy(PYTHON_PLUGIN / name, root / _PACKAGE / name)
    project = root / "pyproject.toml"
    more = "".join(f'  "{dependency}",\n' for dependency in dependencies)
    project.write_text(project.read_text().replace('  "httpx>=0.27",\n', f'  "httpx>=0.27",\n{more}'))
    return root


def executable(root: Path) -> Path:
    """Return what Grafana starts in a built repository."""
    (found,) = [path for path in (root / "dist").glob("gpx_*_linux_*") if path.is_file()]
    return found


def build_go(target: Path, module: Path = GO_PLUGIN, **environment: str) -> None:
    """Build the Go plugin with the options that the Go SDK's mage targets use for a release."""
    go = go_tool()
    if go is None:
        raise BuildError("the peer is written in Go: install Go, or add it to PATH")
    options = ["-tags", "arrow_json_stdlib", "-ldflags", '-w -s -extldflags "-static"']
    run([go, "build", *options, "-o", target, "."], module, CGO_ENABLED="0", **environment)


def _fingerprint(own: Path) -> str:
    """Name a state of the sources: a stale build is never measured."""
    digest = hashlib.sha256(sys.version.encode())
    tops = [own, *(ROOT / name for name in _SOURCES)] if own == PYTHON_PLUGIN else [own]
    for top in tops:
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]
