"""Runs uv, which comes with the tool."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from plugin_cli.errors import ToolFailedError, ToolMissingError
from plugin_cli.system.process import Completed, child_environment, run, run_unless_stopped
from plugin_cli.venv.uv_errors import explain


def run_uv(
    arguments: Sequence[str | Path],
    *,
    what: str,
    cwd: Path,
    folder: str = "the plugin's folder",
    stopped: threading.Event | None = None,
) -> None:
    """Run uv; where no index answers, once more with what its cache holds.

    Args:
        arguments: of uv.
        what: the sentence of the error when it fails.
        cwd: the folder it runs in.
        folder: what it writes to, in the user's words.
        stopped: set by another thread when the result is no longer needed.

    Raises:
        ProjectError: a requirement cannot be met.
        ToolFailedError: no package index can be reached, or uv failed.
        StoppedError: `stopped` was set.
    """
    command = [find_uv(), *arguments]
    done = _run(command, what, cwd, stopped)
    if done.returncode == 0:
        return
    failure = explain(done, what, folder)
    # Without the network uv's cache may hold everything; nothing else is worth another attempt.
    if (
        not isinstance(failure, ToolFailedError)
        or _run([*command, "--offline"], what, cwd, stopped).returncode
    ):
        raise failure


def find_uv() -> str:
    """Return the program.

    Raises:
        ToolMissingError: the tool's installation has lost it.
    """
    from uv import find_uv_bin

    try:
        return str(find_uv_bin())
    except FileNotFoundError as error:
        raise ToolMissingError(
            "uv is missing", why=str(error), remedy=f"{sys.executable} -m pip install uv"
        ) from error


def uv_environment() -> dict[str, str]:
    """Return the variables of a run of uv: it fetches no Python of its own."""
    return child_environment({"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1"})


def _run(command: list[str | Path], what: str, cwd: Path, stopped: threading.Event | None) -> Completed:
    env = uv_environment()
    if stopped is None:
        return run(command, what=what, cwd=cwd, env=env, check=False)
    return run_unless_stopped(command, stopped, what=what, cwd=cwd, env=env, check=False)
