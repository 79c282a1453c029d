"""Builds the plugins: Go's as mage does, ours with `plugin-cli`, and an empty PyInstaller program."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
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
_PACKAGE = Path("backend") / "weather_datasource"
_NEEDED_BY = {"numpy": "arrays", "pandas": "tables"}
"""Which module goes into the plugin with a dependency."""


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
        return self._repository("numpy", ["numpy"])

    @cached_property
    def pandas(self) -> Path:
        """The same with pandas among its dependencies."""
        return self._repository("pandas", ["numpy", "pandas"])

    @cached_property
    def go(self) -> Path:
        """The Go plugin's executable."""
        return _kept("go", _fingerprint(GO_PLUGIN), Path("gpx_bench"), build_go)

    @cached_property
    def floor(self) -> Path:
        """A bare grpcio server with ready bytes, from source."""
        CACHE.mkdir(parents=True, exist_ok=True)
        script = CACHE / "floor.sh"
        script.write_text(f"#!/bin/sh\ncd '{ROOT}' && exec '{sys.executable}' -m benchmarks.compare.floor\n")
        script.chmod(0o755)
        return script

    @cached_property
    def hello(self) -> Path:
        """A program that prints one line, as PyInstaller makes it without options."""
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return _kept("hello", version, Path("dist") / "hello" / "hello", _build_hello)

    def _repository(self, name: str, dependencies: list[str]) -> Path:
        def build(manifest: Path) -> None:
            folder = manifest.parents[2]
            run([TOOL, "build", "linux"], create(folder, dependencies))

        manifest = _kept(name, _fingerprint(PYTHON_PLUGIN), Path("weather") / "dist" / "plugin.json", build)
        return manifest.parents[1]


def _kept(name: str, state: str, made: Path, build: Callable[[Path], None]) -> Path:
    """Return what `build` made of a state of the sources, once; another run meanwhile waits for it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = CACHE / name / state
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / made).exists():
            progress(f"building: {name}")
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            build(folder / made)
            _forget(folder.parent)
    return folder / made


def _forget(folder: Path) -> None:
    """Keep the newest three: another run may still use the one before."""
    for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)[:-3]:
        shutil.rmtree(old)


def _build_hello(target: Path) -> None:
    folder = target.parents[2]
    (folder / "hello.py").write_text('print("hello", flush=True)\n')
    run([sys.executable, "-m", "PyInstaller", "--noconfirm", "--onedir", "hello.py"], folder)


def create(folder: Path, dependencies: Sequence[str] = ()) -> Path:
    """Create the plugin's repository in `folder`, its backend replaced by the measured one."""
    run([TOOL, "create", "weather", "--name", "Weather", "--org", "acme", "--defaults"], folder)
    root = folder / "weather"
    modules = ["datasource", "models", *(_NEEDED_BY[name] for name in dependencies)]
    for name in modules:
        shutil.copy(PYTHON_PLUGIN / f"{name}.py", root / _PACKAGE / f"{name}.py")
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
