"""Why a backend did not start, or ended, in one line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugin_sdk.client import PluginStartError

_LOCATION = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:: .*)?")


def start_reason(error: PluginStartError, root: Path) -> str:
    """Return in one line why a backend did not start: what was raised, and where in the author's code."""
    lines = [line for line in error.output.splitlines() if line.strip()]
    locations = [
        found
        for line in lines
        if (found := _LOCATION.search(line)) and Path(found["file"]).is_relative_to(root)
    ]
    if not locations or not _EXCEPTION.fullmatch(lines[-1]):
        return f"the backend did not start: {error.reason}"
    location = locations[-1]
    return f"the backend did not start: {lines[-1]} ({Path(location['file']).name}, line {location['line']})"


def end_reason(code: int, *, was_loaded: bool) -> str:
    """Return in one line how a backend's process ended by itself.

    Args:
        code: its exit code, negative for a signal.
        was_loaded: whether the code was loaded or refused before. One that ends before that would do so
            again and again, so it is restarted only after a save.
    """
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    if was_loaded:
        return f"the backend's process ended by itself ({how})"
    return (
        f"the backend's process ended while it loaded the plugin's code ({how}); "
        "fix the code and save to restart it; its output: plugin-cli dev logs"
    )
