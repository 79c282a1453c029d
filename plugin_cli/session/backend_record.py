"""How a session's newest backend is doing, for the page, the console, the log and other commands."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass

from plugin_cli.console import Console
from plugin_cli.session.log import LogWriter
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.json_file import read_json, write_json


@dataclass(frozen=True)
class BackendStatus:
    """The newest backend process of a session.

    Attributes:
        address: where it answers on this machine, in gRPC's form; None where it does not run.
        loaded: whether the author's code is loaded; None while that goes on.
        reason: why it does not run or was not loaded.
        file: the author's file that the reason is about.
        line: its line.
    """

    address: str | None
    loaded: bool | None = None
    reason: str = ""
    file: str = ""
    line: int | None = None

    @property
    def running(self) -> bool:
        """True unless the process does not run or could not load the author's code."""
        return self.address is not None and self.loaded is not False


def write_status(folder: SessionFolder, status: BackendStatus) -> None:
    """Record the status for other commands; if the disk is full, remove the record."""
    try:
        write_json(folder.backend, asdict(status))
    except OSError:
        # An old address would lead them to a backend that has ended.
        with suppress(OSError):
            folder.backend.unlink(missing_ok=True)


def read_status(folder: SessionFolder) -> BackendStatus | None:
    """Return the recorded status; None where the session has no backend on this machine."""
    document = read_json(folder.backend)
    with suppress(TypeError):
        return None if document is None else BackendStatus(**document)
    return None


def report_status(status: BackendStatus, log: LogWriter, console: Console) -> None:
    """Write into the session's log whether the backend runs, and warn where it does not."""
    if status.loaded:
        log.line("dev", "info", "the backend runs")
    elif status.loaded is False:
        log.line("dev", "error", "the backend does not run", reason=status.reason)
        console.warn(f"the backend does not run: {status.reason}")
