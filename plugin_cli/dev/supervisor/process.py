"""The processes of a development session's backend, one after the other; the next one is half way ahead."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugin_cli.calls.launch import BackendKind
from plugin_cli.dev.supervisor.started import DevCommand, Loading, Started
from plugin_cli.session.backend_record import BackendRecord
from plugin_cli.session.log import LogWriter
from plugin_cli.system.json_file import read_json

if TYPE_CHECKING:
    from plugin_sdk.client import PluginProcess


class DevProcesses:
    """Starts the backend again and again.

    Args:
        plugin_id: of the plugin.
        next_command: asked before each start: a changed pyproject.toml installs what it asks for.
        log: gets the backend's lines.
        record: told what becomes of each process.
        schemas: a folder for the schemas of the models, which a backend from source describes itself.
    """

    def __init__(
        self,
        plugin_id: str,
        next_command: Callable[[], DevCommand],
        log: LogWriter,
        record: Callable[[BackendRecord], None],
        schemas: Path | None = None,
    ) -> None:
        self._plugin_id = plugin_id
        self._next_command = next_command
        self._log = log
        self._record = record
        self._lock = threading.Lock()
        self._closed = False
        self._schemas = schemas
        self._made = 0
        self._newest: Started | None = None
        self._ahead: Started | None = None

    def start(self) -> tuple[PluginProcess, Loading]:
        """Return a process that answers, and whether it has loaded the author's code.

        Raises:
            PluginStartError: it does not start.
            PluginCliError: its environment cannot be made.
        """
        from plugin_sdk.client import PluginStartError

        wanted = self._next_command()
        started = self._take_ahead(wanted) or self._make(wanted)
        self._newest = started
        try:
            try:
                started.process.__enter__()
            except PluginStartError:
                if not started.ahead:
                    raise
                # Whatever happened to it while it waited, a new one need not share it.
                started = self._make(wanted)
                self._newest = started
                started.process.__enter__()
        except PluginStartError as error:
            self._newest = None
            self._record(BackendRecord(None, False, str(error)))
            raise
        started.begin(self._record)
        started.loading.then(lambda _: self._prepare(wanted))
        return started.process, started.loading

    def ended(self, reason: str) -> None:
        """Record that the newest backend ended, unless it is recorded why it did not load or start."""
        newest = self._newest
        if newest is not None and not newest.loading.problem:
            self._record(BackendRecord(None, False, reason))

    def schema(self, seconds: float) -> dict[str, Any] | None:
        """Return the newest backend's `{"schema"}` or `{"error"}`; None: it says nothing in that time."""
        newest = self._newest
        if newest is None or newest.schema is None or not newest.described.wait(seconds):
            return None
        problem = newest.loading.problem
        return {"error": problem} if problem else read_json(newest.schema)

    @property
    def waiting(self) -> PluginProcess | None:
        """The process that takes over next."""
        with self._lock:
            return None if self._ahead is None else self._ahead.process

    def close(self) -> None:
        """End the process that waits."""
        with self._lock:
            self._closed = True
            waiting, self._ahead = self._ahead, None
        if waiting is not None:
            waiting.process.discard()

    def _make(self, wanted: DevCommand, *, ahead: bool = False) -> Started:
        from plugin_sdk.client import PluginProcess

        command = wanted.command
        started = Started(wanted, ahead, self._log, lambda: self._newest is started)
        environment = dict(command.env) | {"PLUGIN_CLI_DEV": "1"}
        if self._schemas is not None and command.kind is BackendKind.SOURCE:
            self._made += 1
            started.schema = self._schemas / f"schema-{self._made}.json"
            environment["PLUGIN_CLI_SCHEMA_FILE"] = str(started.schema)
        started.process = PluginProcess(
            (*command.argv, "--wait") if ahead else command.argv,
            # The backend writes the line that tells of its loading, whatever log level the author set.
            env=environment,
            cwd=command.cwd,
            plugin_id=self._plugin_id,
            on_log=started.heard,
            waits=ahead,
        )
        return started

    def _take_ahead(self, wanted: DevCommand) -> Started | None:
        with self._lock:
            waiting, self._ahead = self._ahead, None
        if waiting is None or (waiting.wanted == wanted and waiting.process.running()):
            return waiting
        waiting.process.discard()
        return None

    def _prepare(self, wanted: DevCommand) -> None:
        """Start the process that takes over at the next save."""
        if not wanted.ahead:
            return
        with self._lock:
            if self._closed or self._ahead is not None:
                return
            next_one = self._make(wanted, ahead=True)
            from plugin_sdk.client import PluginStartError

            with suppress(PluginStartError):
                next_one.process.prepare()
                self._ahead = next_one
