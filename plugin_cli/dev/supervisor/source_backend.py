"""The backend of a development session from source, behind one address that never changes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_cli.calls.launch import BackendKind
from plugin_cli.console import Console
from plugin_cli.dev.grafana.splice import Splice
from plugin_cli.dev.supervisor.failing_backend import absent_backend, end_reason, start_reason
from plugin_cli.dev.supervisor.launch import dev_command
from plugin_cli.dev.supervisor.process import DevProcesses
from plugin_cli.dev.supervisor.started import DevCommand
from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project
from plugin_cli.session.backend_record import BackendRecord
from plugin_cli.session.log import LogWriter
from plugin_cli.system.ports import bind_loopback

if TYPE_CHECKING:
    from plugin_sdk.client import PluginProcess

# Where the container finds the folder with the socket.
SOCKET_FOLDER = "/run/plugin-cli"
_SOCKET = "backend.sock"
_WATCH_SECONDS = 1.0
_LAST_WORDS_SECONDS = 1.0
_TAKEN_UP_SECONDS = 0.5
# Longer than the backend itself gives calls under way.
_DRAIN_SECONDS = 8.0


@dataclass(frozen=True)
class Meeting:
    """Where Grafana and the backend meet.

    Attributes:
        handshake: the line that tells Grafana.
        folder: to be mounted into the container as `SOCKET_FOLDER`; None where the meeting is a port.
        sockets: where the backends put their own sockets; None: the system's temporary folder.
    """

    handshake: str
    folder: Path | None
    sockets: Path | None


@contextmanager
def unix_meeting() -> Iterator[tuple[Meeting, socket.socket]]:
    """Listen on a socket that Grafana's user in the container reaches, and nobody else on this machine."""
    if sys.platform == "win32":
        raise NotImplementedError("a Linux engine on this host is what unix_meeting is for")
    # Only this user enters the outer folder; the container is shown the inner one.
    outer = Path(tempfile.mkdtemp(prefix="plugin-cli-"))
    try:
        inner = outer / "run"
        inner.mkdir()
        inner.chmod(0o755)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(inner / _SOCKET))
        (inner / _SOCKET).chmod(0o666)
        yield Meeting(f"1|2|unix|{SOCKET_FOLDER}/{_SOCKET}|grpc\n", inner, outer), listener
    finally:
        shutil.rmtree(outer, ignore_errors=True)


@contextmanager
def desktop_meeting() -> Iterator[tuple[Meeting, socket.socket]]:
    """Listen on a port of 127.0.0.1, which Docker Desktop's containers reach by a name of their own."""
    listener = bind_loopback(None)
    port = int(listener.getsockname()[1])
    yield Meeting(f"1|2|tcp|host.docker.internal:{port}|grpc\n", None, None), listener


class SourceBackend:
    """Runs the backend from source; a new one takes over before the old one ends.

    Args:
        project: the plugin.
        listener: where Grafana connects to.
        sockets: where the backends' own sockets go, removed with whatever a killed one left there.
        console: told when the environment has to be made anew.
        log: gets the backend's lines.
        record: told what becomes of each process.
        debug_port: where a debugger may attach, on 127.0.0.1.
    """

    def __init__(
        self,
        project: Project,
        listener: socket.socket,
        sockets: Path | None,
        console: Console,
        log: LogWriter,
        record: Callable[[BackendRecord], None],
        debug_port: int | None = None,
    ) -> None:
        self._project = project
        self._next_command = dev_command(project, BackendKind.SOURCE, console, debug_port)
        self._processes = DevProcesses(project.plugin_id, self._command, log, record)
        self._sockets = sockets
        self._console = console
        self._log = log
        self._debug_port = debug_port
        self._splice = Splice(listener)
        self._process: PluginProcess | None = None
        self._settled = threading.Event()
        self._exchanging = threading.Lock()
        self._stopped = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="backend-watch", daemon=True)
        self._retiring: list[threading.Thread] = []

    def open(self) -> None:
        """Start the first one.

        Raises:
            PluginCliError: it does not start.
        """
        self._splice.start()
        self._process = self._start()
        self._splice.point_at(self._process.address)
        self._watcher.start()

    def exchange(self) -> bool:
        """Start a new one and end the old one when its calls are answered.

        False: it did not start; until one does, every call is answered with the reason.
        """
        with self._exchanging:
            if self._stopped.is_set():
                return False
            if self._debug_port is not None:
                self._end_before_start()
            new, started = self._start_or_explain()
            old, self._process = self._process, new
            self._splice.point_at(new.address)
            self._splice.drain()
        if old is not None:
            retiring = threading.Thread(target=self._retire, args=(old,), name="backend-retire")
            retiring.start()
            self._retiring.append(retiring)
        return started

    def close(self) -> None:
        """End everything."""
        self._stopped.set()
        with self._exchanging:
            process, self._process = self._process, None
            self._splice.close()
        self._processes.close()
        if process is not None:
            _end(process)
        for thread in self._retiring:
            thread.join()

    def _end_before_start(self) -> None:
        """A debugger's port is one: the old backend gives it up before the new one can have it."""
        old, self._process = self._process, None
        self._splice.point_at(None)
        self._splice.cut()
        if old is not None:
            _end(old)

    def _retire(self, old: PluginProcess) -> None:
        # Calls that were passed on a moment ago have to be taken up before it is told to end.
        self._stopped.wait(_TAKEN_UP_SECONDS)
        _end(old)

    def _start(self) -> PluginProcess:
        from plugin_sdk.client import PluginStartError

        try:
            process, loading = self._processes.start()
        except PluginStartError as error:
            raise PluginCliError(
                f"the backend of {self._project.plugin_id} did not start",
                why=str(error),
                remedy="mend the code; it is started again when you save",
            ) from error
        self._settled = settled = threading.Event()
        loading.then(lambda _: settled.set())
        loading.then(self._loaded)
        return process

    def _start_or_explain(self) -> tuple[PluginProcess, bool]:
        """Return a new backend, or where it does not start, one that says why."""
        try:
            return self._start(), True
        except PluginCliError as error:
            self._log.line("dev", "error", error.what, reason=error.why or "")
            reason = _reason(error, self._project.root)
            self._console.warn(f"{reason}\n  every call says so until you save")
            return self._absent(reason), False

    def _absent(self, reason: str) -> PluginProcess:
        process = absent_backend(reason, self._project.plugin_id, self._environment(os.environ))
        return process.__enter__()

    def _environment(self, env: Mapping[str, str]) -> dict[str, str]:
        own = {"PLUGIN_CLI_SOURCE_BACKEND": "1"}
        if self._sockets is not None:
            own["PLUGIN_UNIX_SOCKET_DIR"] = str(self._sockets)
        return dict(env) | own

    def _command(self) -> DevCommand:
        found = self._next_command()
        return replace(found, command=replace(found.command, env=self._environment(found.command.env)))

    def _loaded(self, problem: str) -> None:
        if not problem:
            self._log.line("dev", "info", "the backend runs")
            return
        self._log.line("dev", "error", "the backend does not run", reason=problem)
        self._console.warn(f"the backend does not run: {problem}")

    def _watch(self) -> None:
        while not self._stopped.wait(_WATCH_SECONDS):
            process, settled = self._process, self._settled
            if process is None or process.running():
                continue
            # Its last words may still be on their way.
            if settled.wait(_LAST_WORDS_SECONDS):
                self._log.line("dev", "error", "the backend's process ended by itself; starting it again")
                self._splice.point_at(None)
                self.exchange()
            else:
                self._explain_end(process)

    def _explain_end(self, process: PluginProcess) -> None:
        """Answer every call with the reason: one that ends while it loads would do so again and again."""
        reason = end_reason(process.wait(), was_loaded=False)
        with self._exchanging:
            if self._stopped.is_set() or self._process is not process:
                return
            self._process = self._absent(reason)
            self._splice.point_at(self._process.address)
        self._processes.ended(reason)
        self._log.line("dev", "error", reason)
        self._console.warn(reason)


def _reason(error: PluginCliError, root: Path) -> str:
    from plugin_sdk.client import PluginStartError

    cause = error.__cause__
    return start_reason(cause, root) if isinstance(cause, PluginStartError) else str(error)


def _end(process: PluginProcess) -> None:
    """Let a backend answer what it was asked; it takes no new calls once it is told to end."""
    if os.name == "posix":
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_DRAIN_SECONDS)
    process.stop()
