"""Owns a development session from its start until it is stopped, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
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
    """What a session runs: the preview, or Grafana in Docker."""

    @property
    def name(self) -> str:
        """`preview` or `docker`."""
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
    start: Callable[[], AbstractContextManager[Runtime]],
    console: Console,
    ready: Callable[[DevUpResult], None],
    clean: Callable[[Session], None],
    settings_file: Path | None = None,
) -> DevUpResult:
    """Run a session in this process until it is stopped; Ctrl-C ends it too and is raised on.

    Args:
        project: the plugin.
        folder: where the session is recorded.
        start: starts the runtime; leaving its context ends it.
        console: takes the status.
        ready: called once, when the page can be opened.
        clean: removes what a crashed run of before left outside its folder.
        settings_file: recorded for the commands that call the session's backend.
    """
    with folder.claim(), _ended_by_signals() as stopped:
        crashed = folder.recorded()
        if crashed is not None:
            console.step("the last `dev up` did not end cleanly: removing what it left")
            clean(crashed)
        with start() as runtime:
            result = DevUpResult(_describe(project, runtime, settings_file))
            folder.write(result.session)
            ready(result)
            try:
                _wait(folder, runtime, stopped)
            finally:
                # A second Ctrl-C must not leave half of it running.
                _ignore_interrupts()
    return result


def _describe(project: Project, runtime: Runtime, settings_file: Path | None) -> Session:
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
    )


def _wait(folder: SessionFolder, runtime: Runtime, stopped: threading.Event) -> None:
    while not stopped.wait(_POLL_SECONDS):
        if folder.stop_asked():
            return
        reason = runtime.ended()
        if reason is not None:
            raise PluginCliError(
                f"the {runtime.name} runtime ended by itself", why=reason, remedy="plugin-cli dev logs"
            )


@contextmanager
def _ended_by_signals() -> Iterator[threading.Event]:
    """Turn a polite end (SIGTERM, a closed terminal) into an event; undone after the block."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped  # only the main thread may set handlers; a program that uses us has its own
        return

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), lambda *_: stopped.set()) for name in names}
    interrupt = signal.getsignal(signal.SIGINT)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, interrupt)
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _ignore_interrupts() -> None:
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
