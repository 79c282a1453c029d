"""Faults of a developer's machine, done to real commands: kills, full disks, no network.

`python -m tests.faults.machine --tries 20` does them all and prints the table of docs/faults.md.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.built_plugin import TOOL, build_once

_KILLS = {"kill -9": signal.SIGKILL, "TERM": signal.SIGTERM, "Ctrl-C": signal.SIGINT}
_SECONDS = 600
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


def _without_environment(root: Path) -> None:
    shutil.rmtree(root / ".venv", ignore_errors=True)


def _without_zip(root: Path) -> None:
    for path in root.glob("*.zip*"):
        path.unlink()


def _without_new(root: Path) -> None:
    shutil.rmtree(root.parent / "new", ignore_errors=True)


def _valid(root: Path) -> str:
    done = _run(["validate"], root)
    return "" if done.returncode == 0 else f"validate: {done.stderr}"


def _down(root: Path) -> str:
    done = _run(["dev", "down"], root)
    return "" if done.returncode == 0 else f"dev down: {done.stderr}"


PREVIEW = ("dev", "up", "--runtime", "preview")
COMMANDS = (
    Command(
        "the first query",
        ("query", "--backend", "source"),
        ("query", "--backend", "source"),
        _without_environment,
    ),
    Command("build --clean", ("build", "--clean"), ("build",), check=_valid),
    Command("package", ("package",), ("package",), _without_zip, _valid),
    Command("create", _CREATE, _CREATE, _without_new, in_parent=True),
    Command("dev up", PREVIEW, (*PREVIEW, "--detach"), check=_down),
)


def _environment() -> dict[str, str]:
    return os.environ | {"WEATHER_API_KEY": "k"}


def _run(words: Sequence[str], cwd: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TOOL, *words],
        cwd=cwd,
        env=_environment() | extra,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


def _authors(root: Path) -> dict[str, str]:
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


def _left(folder: Path, before: set[str]) -> tuple[str, set[str]]:
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
    files, beside = _authors(root), {path.name for path in root.parent.iterdir()}
    process = subprocess.Popen(
        [TOOL, *command.words],
        cwd=cwd,
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(delay)
    # A terminal sends Ctrl-C to all that run in it, a supervisor and the system only to the one.
    (os.killpg if how == "Ctrl-C" else os.kill)(process.pid, _KILLS[how])
    _, said = process.communicate(timeout=_SECONDS)
    if "Traceback" in said:
        return f"a traceback after {delay:.2f} s: {said}", set()
    if command.in_parent and (cwd / "new" / ".git").exists():
        command.prepare(root)  # it had made all of it before the signal came
    done = _run(command.plain, cwd)
    problem = f"after {delay:.2f} s: {done.stderr}" if done.returncode != 0 else command.check(root)
    running, left = _left(root.parent, beside)
    lost = "" if _authors(root) == files else "the author's files have changed"
    return problem or running or lost, left


def kills(root: Path, tries: int, names: Sequence[str], seed: int = 15) -> Iterator[Row]:
    """Kill each of the named commands `tries` times in each way, at moments all over its time."""
    numbers = random.Random(seed)
    for command in COMMANDS:
        if command.name not in names:
            continue
        command.prepare(root)
        began = time.monotonic()
        words = command.plain if command.name == "dev up" else command.words
        _run(words, root.parent if command.in_parent else root)
        whole = time.monotonic() - began
        command.check(root)
        for how in _KILLS:
            row = Row(f"{how} during `{command.name}`")
            for _ in range(tries):
                row.note(*kill(command, how, root, numbers.uniform(0, whole)))
            yield row


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Callable[[], None]]:
    """Mount a disk of so many megabytes on `folder` inside the block; yields what makes it large."""
    mount: list[str | Path] = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        yield lambda: _enlarge(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=True, capture_output=True)


def _enlarge(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=2g", folder], check=True, capture_output=True)


def full_disks(root: Path, megabytes: Sequence[int]) -> Iterator[Row]:
    """Fill the disk under the first query and under a build, then make it large."""
    for name in ("the first query", "build --clean"):
        (command,) = (item for item in COMMANDS if item.name == name)
        row = Row(f"a full disk during `{name}`")
        for size in megabytes:
            row.note(*_full_disk(command, root, size))
        yield row


def _full_disk(command: Command, root: Path, megabytes: int) -> tuple[str, set[str]]:
    place = Path(tempfile.mkdtemp())
    try:
        with small_disk(place, megabytes) as enlarge:
            copied = shutil.copytree(
                root,
                place / "weather",
                symlinks=True,
                ignore=shutil.ignore_patterns(".venv", "cache", "dist"),
            )
            files = _authors(copied)
            failed = _run(command.words, copied)
            problem = "a traceback: " + failed.stderr if "Traceback" in failed.stderr else ""
            if failed.returncode != 0 and not failed.stderr.strip():
                problem = "no sentence"
            enlarge()
            done = _run(command.plain, copied)
            if done.returncode != 0:
                problem = problem or f"{megabytes} MB: {failed.stderr}\nthen: {done.stderr}"
            running, left = _left(place, {"weather"})
            lost = "" if _authors(copied) == files else "the author's files have changed"
            return problem or command.check(copied) or running or lost, left
    finally:
        place.rmdir()


def no_network(root: Path, tries: int) -> Iterator[Row]:
    """Take the network, and what uv keeps, from the first query; then give both back."""
    row = Row("no network during `the first query`")
    for _ in range(tries):
        _without_environment(root)
        with tempfile.TemporaryDirectory() as empty:
            offline = subprocess.run(
                ["unshare", "--net", TOOL, "query", "--backend", "source"],
                cwd=root,
                env=_environment() | {"UV_CACHE_DIR": empty},
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        problem = ""
        if offline.returncode == 0 or "no package index can be reached" not in offline.stderr:
            problem = f"offline: {offline.stderr}"
        done = _run(["query", "--backend", "source"], root)
        if done.returncode != 0:
            problem = problem or f"online again: {done.stderr}"
        running, left = _left(root.parent, {"weather"})
        row.note(problem or running, left - {"new"})
    yield row


def table(rows: Sequence[Row]) -> str:
    """Return the rows as the docs show them."""
    lines = ["| fault | tries | healed | left behind |", "|---|---:|---:|---|"]
    for row in rows:
        left = ", ".join(f"`{name}`" for name in sorted(row.left)) or "nothing"
        lines.append(f"| {row.fault} | {row.tries} | {row.healed} | {left} |")
    return "\n".join(lines)


@contextmanager
def plugin() -> Iterator[Path]:
    """Yield a plugin of its own, in a folder of its own, with an environment and a build."""
    with tempfile.TemporaryDirectory() as folder:
        root = build_once().copy(Path(folder).resolve() / "weather").root
        for words in (["build"], ["query", "--backend", "source"]):
            done = _run(words, root)
            assert done.returncode == 0, done.stderr
        yield root


def main() -> None:
    """Do all faults, and print the table and what did not heal."""
    options = argparse.ArgumentParser()
    options.add_argument("--tries", type=int, default=20)
    options.add_argument("--seed", type=int, default=15)
    options.add_argument("--only", default="")
    given = options.parse_args()
    rows: list[Row] = []
    with plugin() as root:
        names = [command.name for command in COMMANDS if given.only in command.name]
        sources = [kills(root, given.tries, names, given.seed)]
        if not given.only:
            sources += [
                full_disks(root, range(2, 2 + 6 * given.tries, 6)),
                no_network(root, max(1, given.tries // 5)),
            ]
        for source in sources:
            for row in source:
                rows.append(row)
                sys.stderr.write(f"{row}\n")
    sys.stdout.write(table(rows) + "\n")
    sys.exit(any(row.problems for row in rows))


if __name__ == "__main__":
    main()
