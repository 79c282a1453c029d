"""Kills of long commands at random moments, and what the plain command after them finds."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.built_plugin import TOOL, build_once

KILLS = {"kill -9": signal.SIGKILL, "TERM": signal.SIGTERM, "Ctrl-C": signal.SIGINT}
_SECONDS = 240
_NO_END = f"no end in {_SECONDS} s"
_END_SECONDS = 20
_OURS = (".venv", "dist", ".plugin-cli", ".git", "node_modules", "__pycache__", "uv.lock")
_CREATE = (
    "create",
    "new",
    "--type",
    "datasource",
    "--name",
    "New",
    "--org",
    "acme",
    "--backend",
    "--defaults",
)


@dataclass
class Row:
    """One line of the table."""

    fault: str
    tries: int = 0
    healed: int = 0
    left: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def note(self, problem: str, left: set[str]) -> None:
        """Count one try."""
        self.tries += 1
        self.healed += not problem
        self.left |= left
        if problem:
            self.problems.append(problem)


@dataclass(frozen=True)
class Command:
    """A long command, and the plain one that has to work after it was cut short.

    Attributes:
        prepare: brings the plugin into the state in which the command takes long.
        check: returns what is wrong after the plain command.
        in_parent: it runs beside the plugin.
    """

    name: str
    words: Sequence[str]
    plain: Sequence[str]
    prepare: Callable[[Path], None] = lambda _: None
    check: Callable[[Path], str] = lambda _: ""
    in_parent: bool = False


def without_environment(root: Path) -> None:
    shutil.rmtree(root / ".venv", ignore_errors=True)


def _without_zip(root: Path) -> None:
    for path in root.glob("*.zip*"):
        path.unlink()


def _without_new(root: Path) -> None:
    shutil.rmtree(root.parent / "new", ignore_errors=True)


def _valid(root: Path) -> str:
    done = run(["validate"], root)
    return "" if done.returncode == 0 else f"validate: {done.stderr}"


def _down(root: Path) -> str:
    done = run(["dev", "down"], root)
    return "" if done.returncode == 0 else f"dev down: {done.stderr}"


PREVIEW = ("dev", "up", "--runtime", "preview")
COMMANDS = (
    Command(
        "the first query",
        ("query", "--backend", "source"),
        ("query", "--backend", "source"),
        without_environment,
    ),
    Command("build --clean", ("build", "--clean"), ("build",), check=_valid),
    Command("package", ("package",), ("package",), _without_zip, _valid),
    Command("create", _CREATE, _CREATE, _without_new, in_parent=True),
    Command("dev up", PREVIEW, (*PREVIEW, "--detach"), check=_down),
)


def _environment() -> dict[str, str]:
    return os.environ | {"WEATHER_API_KEY": "k"}


def run(words: Sequence[str | Path], cwd: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run the tool to its end; one that does not end, or whose output nobody closes, is a problem as well."""
    command = [TOOL, *words] if words[0] != "unshare" else list(words)
    try:
        return subprocess.run(
            command,
            cwd=cwd,
            env=_environment() | extra,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        said = (error.stderr or b"").decode("utf-8", "replace")
        return subprocess.CompletedProcess(command, 124, "", f"{_NO_END}: {said}")


def authors_files(root: Path) -> dict[str, str]:
    """Return the author's files with the digests of their content."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and not set(path.relative_to(root).parts) & set(_OURS) and ".zip" not in path.name
    }


def _processes(folder: Path) -> list[str]:
    """Return the command lines of the processes that have to do with the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
            cwd = (process / "cwd").readlink()
        except OSError:
            continue
        if int(process.name) != os.getpid() and line and (str(folder) in line or cwd.is_relative_to(folder)):
            found.append(line)
    return found


def left_behind(folder: Path, before: set[str]) -> tuple[str, set[str]]:
    """Return the processes that go on, and the names beside the plugin that were not there before."""
    deadline = time.monotonic() + _END_SECONDS
    while (running := _processes(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    beside = {path.name for path in folder.iterdir()} - before - {"new"}
    beside |= {path.name for path in folder.glob("*/*.partial")}
    return (f"still running: {running}" if running else ""), beside


def kill(command: Command, how: str, root: Path, delay: float) -> tuple[str, set[str]]:
    """Cut the command short after `delay` seconds; return what the plain one then fails at, and what is left."""
    command.prepare(root)
    cwd = root.parent if command.in_parent else root
    files, beside = authors_files(root), {path.name for path in root.parent.iterdir()}
    said = _killed(command.words, cwd, KILLS[how], delay, group=how == "Ctrl-C")
    if "Traceback" in said or said == _NO_END:
        return f"after {delay:.2f} s: {said}", set()
    if command.in_parent and (cwd / "new" / ".git").exists():
        command.prepare(root)  # it had made all of it before the signal came
    done = run(command.plain, cwd)
    problem = f"after {delay:.2f} s: {done.stderr}" if done.returncode != 0 else command.check(root)
    running, left = left_behind(root.parent, beside)
    lost = "" if authors_files(root) == files else "the author's files have changed"
    return problem or running or lost, left


def _killed(words: Sequence[str], cwd: Path, number: int, delay: float, *, group: bool) -> str:
    """Send the signal after `delay` seconds; return what the command printed on stderr."""
    # A shell starts what runs in its background deaf to Ctrl-C, and programs inherit that; a handler they do not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A file, not a pipe: what the command has started may hold it a little longer.
    with tempfile.TemporaryFile("w+") as printed:
        process = subprocess.Popen(
            [TOOL, *words],
            cwd=cwd,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=printed,
            start_new_session=True,
        )
        time.sleep(delay)
        # A terminal sends Ctrl-C to all that run in it, a supervisor and the system only to the one.
        (os.killpg if group else os.kill)(process.pid, number)
        try:
            process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return _NO_END
        printed.seek(0)
        return printed.read()


def kills(root: Path, tries: int, names: Sequence[str], seed: int = 15) -> Iterator[Row]:
    """Kill each of the named commands `tries` times in each way, at moments all over its time."""
    numbers = random.Random(seed)
    for command in COMMANDS:
        if command.name not in names:
            continue
        command.prepare(root)
        began = time.monotonic()
        words = command.plain if command.name == "dev up" else command.words
        run(words, root.parent if command.in_parent else root)
        whole = time.monotonic() - began
        command.check(root)
        for how in KILLS:
            row = Row(f"{how} during `{command.name}`")
            for _ in range(tries):
                row.note(*kill(command, how, root, numbers.uniform(0, whole)))
            yield row


@contextmanager
def plugin() -> Iterator[Path]:
    """Yield a plugin of its own, in a folder of its own, with an environment and a build."""
    with tempfile.TemporaryDirectory() as folder:
        root = build_once().copy(Path(folder).resolve() / "weather").root
        for words in (["build"], ["query", "--backend", "source"]):
            done = run(words, root)
            assert done.returncode == 0, done.stderr
        yield root
