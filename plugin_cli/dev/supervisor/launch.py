"""The backend of a preview: the plugin's process, built or from source, as the preview's routes call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_cli.calls.launch import BackendKind, backend_command
from plugin_cli.console import Console
from plugin_cli.dev.preview.grpc_calls import Calls
from plugin_cli.dev.supervisor.debugger import with_debugger
from plugin_cli.dev.supervisor.process import DevProcesses
from plugin_cli.dev.supervisor.process_bridge import BackendHandle, BackendStartError
from plugin_cli.dev.supervisor.started import DevCommand, Loading
from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project
from plugin_cli.venv.create import environment_version

if TYPE_CHECKING:
    from plugin_sdk.client import PluginProcess


class _Handle:
    """A plugin's process with a connection of the preview's own."""

    def __init__(self, process: PluginProcess, loading: Loading, plugin_id: str) -> None:
        import grpc

        from plugin_sdk.client import CHANNEL_OPTIONS

        self._process = process
        self._channel = grpc.insecure_channel(process.address, options=CHANNEL_OPTIONS)
        self.on_loaded = loading.then
        self.calls = Calls(self._channel, plugin_id)

    def running(self) -> bool:
        return self._process.running()

    def exit_code(self) -> int:
        return self._process.wait()

    def stop(self) -> None:
        self._channel.close()
        self._process.stop()


def dev_command(
    project: Project,
    kind: BackendKind,
    console: Console,
    debug_port: int | None,
    sockets: Path | None = None,
) -> Callable[[], DevCommand]:
    """Return what says how the next process is started.

    The environment is looked at each time: a changed pyproject.toml installs what it asks for.

    Args:
        project: the plugin.
        kind: source or dist.
        console: told when the environment has to be made anew.
        debug_port: where a debugger may attach.
        sockets: a folder that no other user of the machine may enter, for the processes' sockets.
    """

    def command() -> DevCommand:
        found = backend_command(project, kind, console)
        if sockets is not None:
            found = replace(found, env=dict(found.env) | {"PLUGIN_UNIX_SOCKET_DIR": str(sockets)})
        if found.kind is not BackendKind.SOURCE:
            return DevCommand(found)
        if debug_port is not None:
            # The debugger's port is one: it cannot be held by a process that waits.
            return DevCommand(with_debugger(found, debug_port))
        return DevCommand(found, ahead=True, version=environment_version(project))

    return command


def backend_starter(project: Project, processes: DevProcesses) -> Callable[[], BackendHandle]:
    """Return what starts a process of the backend for the preview.

    Args:
        project: the plugin.
        processes: what starts it.
    """

    def start() -> BackendHandle:
        from plugin_sdk.client import PluginStartError

        try:
            return _Handle(*processes.start(), project.plugin_id)
        except (PluginStartError, PluginCliError) as error:
            raise BackendStartError(str(error)) from error

    return start
