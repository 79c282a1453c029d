"""`dev down`: ends the development session of a plugin, also one that crashed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.console import Console
from plugin_cli.dev.cleanup import clean_crashed, clean_unrecorded
from plugin_cli.errors import PluginCliError
from plugin_cli.project import find_root
from plugin_cli.session.record import Session, SessionFolder, session_folder

_POLITE_SECONDS = 20.0
_KILL_SECONDS = 5.0
_LAST_SECONDS = 3.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class DevDownResult:
    """Whether a session ran, and which."""

    stopped: bool
    session: Session | None


def dev_down(root: Path, console: Console) -> DevDownResult:
    """Stop the session of the plugin that `root` lies in, if any, and wait until all of it is gone."""
    folder = session_folder(find_root(root))
    session = folder.live()
    ran = folder.owned()
    if ran:
        with console.working("stopping"):
            _stop(folder)
    crashed = folder.crashed()
    if crashed is not None:
        clean_crashed(crashed)
    clean_unrecorded(folder)
    if folder.path.is_dir():
        folder.remove()
    return DevDownResult(ran, session)


def _stop(folder: SessionFolder) -> None:
    owner = folder.owner()
    folder.ask_to_stop()
    if not _wait(lambda: not folder.owned(), _POLITE_SECONDS):
        owner = folder.owner() or owner
        if owner is not None:
            owner.kill()
        if not _wait(lambda: not folder.owned(), _KILL_SECONDS):
            raise PluginCliError(
                "the development session does not end",
                why=f"another process still holds {folder.path / 'lock'}",
                remedy=f"see which one: fuser {folder.path / 'lock'}",
            )
    if owner is not None:
        # The lock is given back a moment before the interpreter has ended.
        _wait(lambda: not owner.runs, _LAST_SECONDS)


def _wait(reached: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
