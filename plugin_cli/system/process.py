"""The one place that runs outside programs and waits for them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin_cli.errors import ToolFailedError, ToolMissingError
from plugin_cli.system.file_lock import inherited
from plugin_cli.system.signals import held_signals

# Python settings of this process must not change the interpreters it starts: a stale
# PYTHONPATH shadows the plugin's packages, and without bytecode files every start compiles again.
_PYTHON_SETTINGS = (
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHOME",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "__PYVENV_LAUNCHER__",
)


@dataclass(frozen=True)
class Completed:
    """A program that ended.

    Attributes:
        stdout: what it wrote for programs.
        stderr: what it wrote for people.
    """

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both streams, stdout first."""
        return "\n".join(part for part in (self.stdout.rstrip(), self.stderr.rstrip()) if part)


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment for a program started by the tool, with `extra` over it."""
    kept = {name: value for name, value in os.environ.items() if name not in _PYTHON_SETTINGS}
    return kept | dict(extra or {})


def run(
    argv: Sequence[str | Path],
    *,
    what: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    timeout_seconds: float | None = None,
    check: bool = True,
    remedy: str | None = None,
) -> Completed:
    """Run a program to completion and return its output.

    Args:
        argv: the program and its arguments; no shell is involved.
        what: the sentence of the error when it fails, e.g. `the plugin's environment cannot be made`.
        cwd: the folder it runs in.
        env: its whole environment; `child_environment()` where it is left out.
        stdin: text for its standard input, which is empty otherwise.
        timeout_seconds: how long it may take.
        check: raise when it ends with another code than 0.
        remedy: what the user can do when it fails.

    Raises:
        ToolMissingError: the program does not exist or is not executable.
        ToolFailedError: it failed, or took too long.
    """
    words = [str(word) for word in argv]
    kept = () if sys.platform == "win32" else tuple(inherited)
    with _child(words, what, remedy, cwd=cwd, env=env, stdin=subprocess.PIPE, pass_fds=kept) as child:
        try:
            stdout, stderr = child.communicate(stdin or "", timeout=timeout_seconds)
        except subprocess.TimeoutExpired as error:
            raise ToolFailedError(
                f"{what}: {words[0]} took longer than {timeout_seconds:g} s",
                command=words,
                returncode=-9,
                output=_text(error.stderr),
                remedy=remedy,
            ) from error
    completed = Completed(tuple(words), child.returncode, stdout, stderr)
    if check:
        _check(completed, what, remedy)
    return completed


def _text(said: str | bytes | None) -> str:
    """Return what a program had written before it was stopped, which is bytes whatever its encoding."""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said or ""


@contextmanager
def _child(
    words: Sequence[str],
    what: str,
    remedy: str | None,
    *,
    cwd: Path | None,
    env: Mapping[str, str] | None,
    **options: Any,
) -> Iterator[subprocess.Popen[str]]:
    """Start a program; whatever is raised inside the block ends it, or the group that it leads.

    Raises:
        ToolMissingError: it does not exist or is not executable.
    """
    with ExitStack() as stack:
        try:
            with held_signals():
                child = subprocess.Popen(
                    words,
                    cwd=cwd,
                    env=child_environment() if env is None else dict(env),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    encoding="utf-8",
                    errors="replace",
                    **options,
                )
                stack.push(_Ending(child, leads_group="start_new_session" in options).__exit__)
        except OSError as error:
            raise ToolMissingError(
                f"{what}: {words[0]} cannot be run", why=str(error), remedy=remedy
            ) from error
        yield child


class _Ending:
    """Ends a program if the block that waits for it is left by an exception."""

    def __init__(self, child: subprocess.Popen[str], *, leads_group: bool) -> None:
        self._child = child
        self._stop = _stop_all if leads_group else _stop

    def __exit__(self, kind: object, _error: object, _trace: object) -> None:
        if kind is not None:
            self._stop(self._child)
        with self._child:  # closes the pipes and waits
            return


def _stop(child: subprocess.Popen[str]) -> None:
    child.kill()


def _check(done: Completed, what: str, remedy: str | None) -> None:
    if done.returncode != 0:
        raise ToolFailedError(
            what, command=done.argv, returncode=done.returncode, output=done.output, remedy=remedy
        )


class StoppedError(Exception):
    """A program was stopped because its result is no longer needed."""


_POLL_SECONDS = 0.2


def run_unless_stopped(
    argv: Sequence[str | Path],
    stopped: threading.Event,
    *,
    what: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = True,
    remedy: str | None = None,
) -> Completed:
    """Run a program as `run` does, and stop it with everything it started when `stopped` is set.

    Raises:
        ToolMissingError: the program does not exist or is not executable.
        ToolFailedError: it failed.
        StoppedError: it was stopped.
    """
    words = [str(word) for word in argv]
    group = {"stdin": subprocess.DEVNULL, "start_new_session": sys.platform != "win32"}
    with _child(words, what, remedy, cwd=cwd, env=env, **group) as child:
        while True:
            try:
                stdout, stderr = child.communicate(timeout=_POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if stopped.is_set():
                    raise StoppedError from None
    completed = Completed(tuple(words), child.returncode, stdout, stderr)
    if check:
        _check(completed, what, remedy)
    return completed


def _stop_all(child: subprocess.Popen[str]) -> None:
    """Stop a program that leads a process group of its own, and the group."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(child.pid)], capture_output=True, check=False)
    else:
        import signal

        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
