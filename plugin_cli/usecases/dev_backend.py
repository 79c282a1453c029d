"""The backend of a preview: the plugin's process, built or from source, as the preview's routes call it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plugin_cli.adapters.backend import BackendKind, backend_command
from plugin_cli.adapters.session_log import LogEntry, LogWriter
from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError
from plugin_cli.preview.grpc_calls import Calls
from plugin_cli.preview.process_bridge import BackendHandle, BackendStartError
from plugin_cli.project import Project
from plugin_cli.usecases.dev_debug import with_debugger

if TYPE_CHECKING:
    from plugin_sdk.testing import LogLine, PluginProcess


class _Handle:
    """A plugin's process with a connection of the preview's own."""

    def __init__(self, process: PluginProcess, plugin_id: str) -> None:
        import grpc

        from plugin_sdk.testing import CHANNEL_OPTIONS

        self._process = process
        self._channel = grpc.insecure_channel(process.address, options=CHANNEL_OPTIONS)
        self.calls = Calls(self._channel, plugin_id)

    def running(self) -> bool:
        return self._process.running()

    def stop(self) -> None:
        self._channel.close()
        self._process.stop()


def backend_starter(
    project: Project, kind: BackendKind, console: Console, log: LogWriter, debug_port: int | None = None
) -> Callable[[], BackendHandle]:
    """Return what starts a process of the backend; its log lines go to `log`.

    The environment is looked at each time: a changed pyproject.toml installs what it asks for.
    """
    last: list[BackendHandle] = []

    def start() -> BackendHandle:
        from plugin_sdk.testing import PluginProcess, PluginStartError

        try:
            command = backend_command(project, kind, console)
            argv = command.argv
            if debug_port is not None and command.kind is BackendKind.SOURCE:
                argv = with_debugger(command, debug_port)
                while last:
                    last.pop().stop()  # the debugger's port is one: the old backend has to give it up first
            process = PluginProcess(
                argv,
                env=command.env,
                cwd=command.cwd,
                plugin_id=project.plugin_id,
                on_log=lambda line: log.write(_entry(line)),
            ).__enter__()
        except PluginStartError as error:
            log.line("dev", "error", "the backend did not start", reason=str(error))
            raise BackendStartError(str(error)) from error
        except PluginCliError as error:
            log.line("dev", "error", error.what, reason=error.why or "")
            raise BackendStartError(str(error)) from error
        handle = _Handle(process, project.plugin_id)
        if debug_port is not None:
            last.append(handle)
        return handle

    return start


def _entry(line: LogLine) -> LogEntry:
    fields: dict[str, Any] = dict(line.fields)
    return LogEntry(time.time(), "plugin", line.level, line.message, fields)
