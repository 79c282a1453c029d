"""`dev up --detach`: the same command in a process of its own, watched until its page answers."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from plugin_cli.console import Console
from plugin_cli.dev.owner import DevUpResult
from plugin_cli.errors import PluginCliError
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.signals import held_signals

_POLL_SECONDS = 0.05
_TAIL_LINES = 20


def start_owner(folder: SessionFolder, arguments: Sequence[str], cwd: Path, console: Console) -> DevUpResult:
    """Start a process that owns the session, pass on its output, and return when it is ready.

    If another `dev up` was faster, its session is found.

    Args:
        folder: the session's folder.
        arguments: of `plugin-cli`, for a foreground run that reports its failure into the folder.
        cwd: the plugin's folder.
        console: where its words go.

    Raises:
        PluginCliError: it ended before it was ready; the error is its own.
    """
    folder.make()
    folder.forget_failure()
    owner = None
    try:
        with folder.output.open("wb") as output, held_signals():
            owner = subprocess.Popen(
                [sys.executable, "-m", "plugin_cli", *arguments],
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
                # Out of this terminal's group: its Ctrl-C and its end are not the session's.
                start_new_session=sys.platform != "win32",
                creationflags=_detached_flags(),
            )
        return _watch(owner, folder, console)
    except BaseException:
        if owner is not None:
            _end(owner, folder)
        raise


def _watch(owner: subprocess.Popen[bytes], folder: SessionFolder, console: Console) -> DevUpResult:
    passed_on = 0
    while True:
        ended = owner.poll() is not None
        passed_on = _pass_on(folder.output, passed_on, console)
        session = folder.recorded()
        if session is not None and session.pid == owner.pid and not ended:
            # Not a child to wait for any more: it outlives this command.
            owner.returncode = 0
            return DevUpResult(session)
        if ended and owner.returncode == 0 and (other := folder.live()) is not None:
            return DevUpResult(other, found=True)
        if ended:
            raise _failure(owner, folder)
        time.sleep(_POLL_SECONDS)


def _pass_on(path: Path, offset: int, console: Console) -> int:
    with path.open("rb") as file:
        file.seek(offset)
        complete, newline, _ = file.read().rpartition(b"\n")
    for line in complete.decode("utf-8", "replace").splitlines():
        # Its error comes as an exception, once.
        if not line.startswith(("error:", "  ")):
            console.step(line)
    return offset + len(complete) + len(newline)


def _failure(owner: subprocess.Popen[bytes], folder: SessionFolder) -> PluginCliError:
    error = folder.failure()
    if error is not None:
        return error
    tail = folder.output.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
    return PluginCliError(
        f"the development session ended with code {owner.returncode} before it was ready", why="\n".join(tail)
    )


def _end(owner: subprocess.Popen[bytes], folder: SessionFolder) -> None:
    if owner.poll() is not None:
        return
    folder.ask_to_stop()
    if sys.platform != "win32":
        owner.terminate()
    try:
        owner.wait(timeout=15)
    except subprocess.TimeoutExpired:
        owner.kill()
        owner.wait()


def _detached_flags() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return 0
