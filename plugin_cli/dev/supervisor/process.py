"""One process of the backend, with the status that its log lines report, and the one that stands by."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugin_cli.calls.launch import LaunchSpec
from plugin_cli.session.backend_record import BackendStatus
from plugin_cli.session.log import LogEntry, LogWriter
from plugin_cli.system.json_file import read_json

if TYPE_CHECKING:
    from plugin_sdk.client import LogLine

# The events by which the backend reports what became of the author's code, and their fields.
_LOADED, _NOT_LOADED, _DESCRIBED = "plugin-loaded", "plugin-not-loaded", "plugin-described"
_EVENT_FIELDS = ("event", "reason", "file", "line")


class BackendProcess:
    """One process of the backend.

    Args:
        spec: how it is launched.
        plugin_id: of the plugin.
        log: gets its lines; None: they are dropped.
        schema: where it writes the schema of its models; None: nowhere.
        standby: it imports its packages when it is launched, and loads the author's code only on `start`.
    """

    def __init__(
        self,
        spec: LaunchSpec,
        plugin_id: str,
        log: LogWriter | None,
        *,
        schema: Path | None = None,
        standby: bool = False,
    ) -> None:
        from plugin_sdk.client import PluginProcess

        self.spec = spec
        self._log = log
        self._schema = schema
        self._lock = threading.RLock()
        self._status = BackendStatus(None)
        self._listeners: list[Callable[[BackendStatus], None]] = []
        self._load_known = threading.Event()
        self._described = threading.Event()
        # The backend then logs the events above, whatever log level the author set.
        own = {"PLUGIN_CLI_DEV": "1"} | ({} if schema is None else {"PLUGIN_CLI_SCHEMA_FILE": str(schema)})
        self._process = PluginProcess(
            spec.argv,
            env=dict(spec.env) | own,
            cwd=spec.cwd,
            plugin_id=plugin_id,
            on_log=self._on_log_line,
            standby=standby,
        )

    def launch(self) -> None:
        """Launch a process that stands by.

        Raises:
            PluginStartError: it cannot be launched.
        """
        self._process.launch()

    def start(self) -> None:
        """Launch it, unless it stands by, and return when it answers.

        Raises:
            PluginStartError: it does not start.
        """
        self._process.__enter__()
        self._update(lambda status: replace(status, address=self._process.address))

    @property
    def address(self) -> str:
        """Where it answers, in gRPC's form."""
        return self._process.address

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def subscribe(self, listener: Callable[[BackendStatus], None]) -> None:
        """Call `listener` with the status now, and whenever it changes."""
        with self._lock:
            self._listeners.append(listener)
            listener(self._status)

    def wait_until_loaded(self, seconds: float) -> bool:
        """Return True if, within that time, it is known whether the author's code could be loaded."""
        return self._load_known.wait(seconds)

    def schema(self, seconds: float) -> dict[str, Any] | None:
        """Return `{"schema"}` or `{"error"}` of its models; None: it has none within that time."""
        if self._schema is None or not self._described.wait(seconds):
            return None
        status = self._status
        return {"error": status.reason} if status.loaded is False else read_json(self._schema)

    def running(self) -> bool:
        """Return True if the process runs."""
        return self._process.running()

    def exit_code(self) -> int:
        """Return the exit code of a process that has ended; a signal is negative."""
        return self._process.wait()

    def finish_calls(self, seconds: float) -> None:
        """Have it take no new calls, answer those it has, and end; a slow one is left running."""
        if os.name != "posix":
            return
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def stop(self) -> None:
        """Stop a process that was started."""
        self._process.stop()

    def discard(self) -> None:
        """Kill a process that stands by."""
        self._process.discard()

    def _on_log_line(self, line: LogLine) -> None:
        event = line.fields.get("event")
        if self._log is not None:
            fields = {
                key: value for key, value in line.fields.items() if event is None or key not in _EVENT_FIELDS
            }
            self._log.write(LogEntry(time.time(), "plugin", line.level, line.message, fields))
        if event == _LOADED:
            self._update(lambda status: replace(status, loaded=True))
        elif event == _NOT_LOADED:
            self._update(lambda status: _not_loaded(status, line.fields))
        if event in (_LOADED, _NOT_LOADED):
            self._load_known.set()
        if event in (_DESCRIBED, _NOT_LOADED):
            self._described.set()

    def _update(self, change: Callable[[BackendStatus], BackendStatus]) -> None:
        with self._lock:
            self._status = change(self._status)
            for listener in self._listeners:
                listener(self._status)


def _not_loaded(status: BackendStatus, fields: Mapping[str, Any]) -> BackendStatus:
    return replace(
        status,
        loaded=False,
        reason=str(fields.get("reason", "")),
        file=str(fields.get("file", "")),
        line=fields.get("line"),
    )


class Standby:
    """The process that takes over at the next save: its packages are imported, the author's code is not.

    Args:
        make: makes a process that stands by.
    """

    def __init__(self, make: Callable[[LaunchSpec], BackendProcess]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._closed = False
        self._process: BackendProcess | None = None

    @property
    def process(self) -> BackendProcess | None:
        """The process that stands by."""
        return self._process

    def launch(self, spec: LaunchSpec) -> None:
        """Launch a process like this unless one stands by; one that cannot be launched is left out."""
        from plugin_sdk.client import PluginStartError

        with self._lock:
            if not spec.standby or self._closed or self._process is not None:
                return
            process = self._make(spec)
            with suppress(PluginStartError):
                process.launch()
                self._process = process

    def take(self, spec: LaunchSpec) -> BackendProcess | None:
        """Return the process that stands by, unless it has ended or is another than `spec` describes."""
        with self._lock:
            process, self._process = self._process, None
        if process is None or (process.spec == spec and process.running()):
            return process
        process.discard()
        return None

    def close(self) -> None:
        """Kill the process that stands by, and launch no more."""
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
        if process is not None:
            process.discard()
