"""What became of a development session's newest backend, for the commands that ask about it or call it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass

from plugin_cli.session.record import SessionFolder
from plugin_cli.system.json_file import read_json, write_json


@dataclass(frozen=True)
class BackendRecord:
    """A process of the backend.

    Attributes:
        address: where it answers on this machine, in gRPC's form; None where it did not start.
        loaded: whether the author's code is loaded; None while that goes on.
        reason: why it did not start or was not loaded, in one sentence.
        file: the author's file that the reason is about.
        line: its line.
    """

    address: str | None
    loaded: bool | None = None
    reason: str = ""
    file: str = ""
    line: int | None = None


def write_backend(folder: SessionFolder, record: BackendRecord) -> None:
    """Publish the newest backend to the other commands; where the disk takes nothing, that there is none."""
    try:
        write_json(folder.backend, asdict(record))
    except OSError:
        # An old address would lead them to a backend that has ended.
        with suppress(OSError):
            folder.backend.unlink(missing_ok=True)


def read_backend(folder: SessionFolder) -> BackendRecord | None:
    """Return the newest backend; None where the session has none on this machine."""
    document = read_json(folder.backend)
    with suppress(TypeError):
        return None if document is None else BackendRecord(**document)
    return None
