"""`dev status`: whether a development session runs, and whether what it runs answers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin_cli.project import find_project, find_root
from plugin_cli.session.backend_record import BackendStatus, read_status
from plugin_cli.session.record import Session, session_folder


@dataclass(frozen=True)
class DevStatusResult:
    """The running session, or None.

    Attributes:
        session: what runs.
        answers: whether its page answers.
        backend: what became of its newest backend on this machine; None where it has none here.
        crashed: the last one left its record behind; the next `dev up` cleans it.
        starting: one is just being started.
        unread: why a file of provisioning/ cannot be read, whose last good state serves; empty where it can.
    """

    plugin_id: str
    session: Session | None
    answers: bool = False
    crashed: bool = False
    starting: bool = False
    backend: BackendStatus | None = None
    unread: str = ""

    @property
    def problem(self) -> BackendStatus | None:
        """The backend, where it did not start or could not load the author's code."""
        return self.backend if self.backend is not None and self.backend.loaded is False else None

    def to_json(self) -> dict[str, Any]:
        """Return it for `--json`."""
        document: dict[str, Any] = {"plugin": self.plugin_id, "running": self.session is not None}
        if self.starting:
            document["starting"] = True
        if self.session is not None:
            facts = self.session
            document |= {
                "answers": self.answers,
                "runtime": facts.runtime,
                "backend": facts.backend,
                "url": facts.url,
                "pid": facts.pid,
                "seconds": round(time.time() - facts.started),
                "container": facts.container,
                "what": facts.what,
                "why": facts.why or None,
                "loaded": None if self.backend is None else self.backend.loaded,
                "settingsError": self.unread or None,
                "error": None if self.problem is None else _error(self.problem),
            }
        return document


def _error(backend: BackendStatus) -> dict[str, Any]:
    return {"message": backend.reason, "file": backend.file or None, "line": backend.line}


def dev_status(start: Path) -> DevStatusResult:
    """Return what runs for the plugin that the folder `start` lies in."""
    root = find_root(start)
    folder = session_folder(root)
    session = folder.live()
    if session is None:
        plugin_id = find_project(root).plugin_id
        if folder.owned():
            return DevStatusResult(plugin_id, None, starting=True)
        return DevStatusResult(plugin_id, None, crashed=folder.crashed() is not None)
    return DevStatusResult(
        session.plugin_id,
        session,
        answers=_answers(session.url),
        backend=read_status(folder),
        unread=folder.problem(),
    )


def _answers(url: str) -> bool:
    import httpx

    try:
        # Never through a proxy: the address is this machine's own.
        with httpx.Client(trust_env=False, timeout=5) as client:
            return client.get(url).status_code < 500
    except httpx.HTTPError:
        return False
