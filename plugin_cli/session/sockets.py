"""The folders of a session's sockets: in the temporary folder, since paths of sockets have to be short."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from plugin_cli.session.record import SessionFolder

_DIGITS = 6
"""Of the session folder's name, which ends in a digest; enough to tell the plugins of one user apart."""


def make_sockets(folder: SessionFolder) -> Path:
    """Make a folder, closed to other users, that `remove_sockets` finds if its owner is killed."""
    return Path(tempfile.mkdtemp(prefix=_prefix(folder)))


def remove_sockets(folder: SessionFolder) -> None:
    """Remove what owners of a session that were killed have left; call it where none runs."""
    for path in Path(tempfile.gettempdir()).glob(f"{_prefix(folder)}*"):
        with suppress(OSError):
            if os.name == "nt" or path.lstat().st_uid == os.getuid():
                shutil.rmtree(path, ignore_errors=True)


def _prefix(folder: SessionFolder) -> str:
    return f"plugin-cli-{folder.path.name[-_DIGITS:]}-"
