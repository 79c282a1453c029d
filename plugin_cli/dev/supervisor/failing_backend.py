"""A backend in the place of one that does not start: every call is answered with the reason.

`plugin-cli dev` runs it for Grafana, which would otherwise go on with the code of before, or wait for ever.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugin_sdk.client import PluginProcess, PluginStartError

_REASON = "PLUGIN_CLI_ABSENT_REASON"
_PLACE = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
_RAISED = re.compile(r"[A-Za-z_][\w.]*(?:: .*)?")


def absent_backend(reason: str, plugin_id: str, env: Mapping[str, str]) -> PluginProcess:
    """Return a process, not yet entered, that answers calls with `reason`.

    Args:
        reason: one sentence.
        plugin_id: of the plugin it stands for.
        env: the environment of the backend that did not start.
    """
    from plugin_sdk.client import PluginProcess

    # The tool's own interpreter, away from the plugin's folder: nothing that is broken there is imported.
    kept = {name: value for name, value in env.items() if name != "PYTHONPATH"}
    own = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), _REASON: reason}
    return PluginProcess(
        (sys.executable, "-P", "-m", __name__), env=kept | own, cwd=Path(sys.prefix), plugin_id=plugin_id
    )


def start_reason(error: PluginStartError, root: Path) -> str:
    """Return in one line why a backend did not start: what was raised, and where in the author's code."""
    lines = [line for line in error.output.splitlines() if line.strip()]
    places = [
        found for line in lines if (found := _PLACE.search(line)) and Path(found["file"]).is_relative_to(root)
    ]
    if not places or not _RAISED.fullmatch(lines[-1]):
        return f"the backend did not start: {error.reason}"
    place = places[-1]
    return f"the backend did not start: {lines[-1]} ({Path(place['file']).name}, line {place['line']})"


def end_reason(code: int, was_loaded: bool) -> str:
    """Return in one line how a backend's process ended that nobody ended.

    Args:
        code: its exit code, negative for a signal.
        was_loaded: whether the code was loaded or refused before. One that ends before that would do so
            again and again, so it is started anew only after a save.
    """
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    if was_loaded:
        return f"the backend's process ended by itself ({how})"
    return (
        f"the backend's process ended while it loaded the plugin's code ({how}); "
        "mend the code, it is started again when you save; what it said: plugin-cli dev logs"
    )


def __getattr__(name: str) -> Any:
    from plugin_sdk._serving.loader import LoadError

    if name == "Absent":
        raise LoadError(os.environ[_REASON])
    raise AttributeError(name)


if __name__ == "__main__":
    from plugin_sdk import serve

    serve("plugin_cli.dev.supervisor.failing_backend:Absent")
