"""Which process a number stands for: a number alone may be another program's by now."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """One process of this machine, for as long as it lives.

    Attributes:
        pid: its number.
        started: when it was started, in the system's own words; with the number it is the only one.
    """

    pid: int
    started: str

    @property
    def runs(self) -> bool:
        """True while this process, and no other of its number, runs."""
        return bool(self.started) and start_of(self.pid) == self.started

    def kill(self) -> bool:
        """End it at once; return False where it has ended, whoever has its number now."""
        if sys.platform == "linux":
            return self._kill_by_descriptor()
        if not self.runs:
            return False
        with suppress(OSError):
            os.kill(self.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        return True

    def _kill_by_descriptor(self) -> bool:
        """Signal through a descriptor of the process: its number cannot pass to another meanwhile."""
        if sys.platform != "linux":
            return False
        try:
            descriptor = os.pidfd_open(self.pid)
        except OSError:
            return False
        try:
            if not self.runs:
                return False
            with suppress(OSError):
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            return True
        finally:
            os.close(descriptor)


def this_process() -> Process:
    """Return the running process."""
    return process(os.getpid())


def process(pid: int) -> Process:
    """Return the process that has this number now."""
    return Process(pid, start_of(pid) or "")


def processes_running(folder: Path, parent: int | None = None) -> list[int]:
    """Return the processes whose program, or shell script, lies below `folder`; none on Windows.

    Args:
        folder: of programs.
        parent: only what this process started.
    """
    heads = tuple({f"{path}{os.sep}" for path in (folder, folder.resolve())})
    return [
        pid
        for pid, started_by, line in _processes()
        if _runs_below(line, heads) and parent in (None, started_by)
    ]


def _runs_below(line: str, heads: tuple[str, ...]) -> bool:
    # A script that ends in `exec tail -f` of itself is one too.
    script = line.startswith(("/bin/sh ", "tail "))
    return line.startswith(heads) or (script and any(f" {head}" in line for head in heads))


def _processes() -> Iterator[tuple[int, int, str]]:
    """Yield each process' number, that of its parent, and its command line."""
    if sys.platform == "linux":
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, IndexError):
                line = os.fsdecode((path / "cmdline").read_bytes()).replace("\0", " ")
                stat = (path / "stat").read_text(encoding="utf-8", errors="replace")
                yield int(path.name), int(stat.rpartition(")")[2].split()[1]), line
    elif sys.platform != "win32":
        found = subprocess.run(["ps", "-axo", "pid=,ppid=,args="], capture_output=True, check=False)
        for entry in found.stdout.splitlines():
            pid, parent, line = entry.split(maxsplit=2)
            yield int(pid), int(parent), os.fsdecode(line)
    else:
        yield from ()


def start_of(pid: int) -> str | None:
    """Return when the process of this number was started; None where there is none, or it has ended."""
    if sys.platform == "linux":
        return _from_proc(pid)
    if sys.platform == "win32":
        return _from_windows(pid)
    found = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None


def _from_proc(pid: int) -> str | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The second field is the name, which may hold anything; state is the third, the start the 22nd.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else fields[19]


def _from_windows(pid: int) -> str | None:
    command = f"(Get-Process -Id {pid}).StartTime.Ticks"
    found = subprocess.run(
        ["powershell", "-NoProfile", "-Command", command], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None
