"""Owns a development session from its start until it is stopped, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project
from plugin_cli.session.record import Session, SessionFolder

_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class DevUpResult:
    """A running session, and whether it ran before this command."""

    session: Session
    found: bool = False


class Runtime(Protocol):
    """What a session runs: Grafana in Docker, one installed on this machine, or the preview."""

    @property
    def name(self) -> str:
        """`docker`, `local` or `preview`."""
        ...

    @property
    def what(self) -> str:
        """What runs, for people: which Grafana and from where, or the preview."""
        ...

    @property
    def url(self) -> str:
        """The page to open."""
        ...

    @property
    def backend(self) -> str:
        """`source` or `dist`."""
        ...

    @property
    def container(self) -> str | None:
        """The id of the container, with Docker."""
        ...

    @property
    def engine(self) -> str | None:
        """The address of the engine that runs it."""
        ...

    def ended(self) -> str | None:
        """Return why the runtime ended by itself, or None while it runs."""
        ...


def own_session(
    project: Project,
    folder: SessionFolder,
    start: Callable[[], AbstractContextManager[tuple[Runtime, str]]],
    console: Console,
    ready: Callable[[DevUpResult], None],
    clean: Callable[[Session], None],
    settings_file: Path | None = None,
) -> DevUpResult:
    """Run a session in this process until it is stopped; Ctrl-C ends it too and is raised on.

    Args:
        project: the plugin.
        folder: where the session is recorded.
        start: starts the runtime and yields it, with why it is this one; leaving its context ends it.
        console: takes the status.
        ready: called once, when the page can be opened.
        clean: removes what a crashed run of before left outside its folder.
        settings_file: recorded for the commands that call the session's backend.
    """
    try:
        with folder.claim(), _stop_requests(folder) as stopped:
            crashed = folder.crashed()
            if crashed is not None:
                console.step("the last `dev up` did not end cleanly: removing what it left")
                clean(crashed)
                folder.forget_crashed()
            with start() as (runtime, why):
                stopped.started()
                result = DevUpResult(_describe(project, runtime, why, settings_file))
                folder.write(result.session)
                ready(result)
                try:
                    _wait(runtime, stopped.event)
                finally:
                    # A second Ctrl-C must not leave half of it running.
                    _ignore_interrupts()
    except _StoppedEarlyError:
        raise PluginCliError(
            "the development session was stopped while it started", remedy="plugin-cli dev up"
        ) from None
    return result


def _describe(project: Project, runtime: Runtime, why: str, settings_file: Path | None) -> Session:
    return Session(
        plugin_id=project.plugin_id,
        root=str(project.root),
        runtime=runtime.name,
        backend=runtime.backend,
        url=runtime.url,
        pid=os.getpid(),
        started=time.time(),
        container=runtime.container,
        engine=runtime.engine,
        run=uuid.uuid4().hex,
        settings_file=None if settings_file is None else str(settings_file.resolve()),
        what=runtime.what,
        why=why,
    )


def _wait(runtime: Runtime, stopped: threading.Event) -> None:
    while not stopped.wait(_POLL_SECONDS):
        reason = runtime.ended()
        if reason is not None:
            raise PluginCliError(
                f"the {runtime.name} runtime ended by itself", why=reason, remedy="plugin-cli dev logs"
            )


class _Stop:
    """The request to stop: while the session starts it interrupts whatever goes on, later it is an event."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self._starts = True

    def started(self) -> None:
        """Note that the session runs, and is ended by leaving it and not by an interruption."""
        self._starts = False
        if self.event.is_set():
            raise _StoppedEarlyError

    def request(self, *_: object) -> None:
        """Stop; as a handler of signals it runs in the main thread."""
        self.event.set()
        if self._starts:
            # Once: what is cleaned up then must not be interrupted again.
            self._starts = False
            raise _StoppedEarlyError


class _StoppedEarlyError(KeyboardInterrupt):
    """Raised wherever the start is, past everything that catches errors."""


@contextmanager
def _stop_requests(folder: SessionFolder) -> Iterator[_Stop]:
    """Hear a polite end (SIGTERM, a closed terminal) and `dev down`; undone after the block."""
    stop, done = _Stop(), threading.Event()
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread may set handlers; a program that uses us has its own.
        with _listening(folder, stop.event.set, done):
            yield stop
        return
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), stop.request) for name in names}
    interrupt = signal.getsignal(signal.SIGINT)
    try:
        # A signal and no call: it also ends what the main thread waits for.
        with _listening(folder, _terminate_main_thread, done):
            yield stop
    finally:
        signal.signal(signal.SIGINT, interrupt)
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _terminate_main_thread() -> None:
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGTERM)
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


@contextmanager
def _listening(folder: SessionFolder, stop: Callable[[], None], done: threading.Event) -> Iterator[None]:
    def listen() -> None:
        while not done.wait(_POLL_SECONDS):
            if folder.stop_asked():
                stop()
                return

    thread = threading.Thread(target=listen, name="stop-requests", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _ignore_interrupts() -> None:
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
