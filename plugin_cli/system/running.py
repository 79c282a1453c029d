"""Which process a number stands for: a number alone may be another program's by now."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
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
    return Process(os.getpid(), start_of(os.getpid()) or "")


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
