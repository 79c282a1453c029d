"""A Grafana server as a process of this user: started, followed, ended, and found again after a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from plugin_cli.dev.grafana.ready import SHOWN_LINES, copy_lines
from plugin_cli.errors import ToolMissingError
from plugin_cli.session.log import LogWriter
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.json_file import read_json, write_json
from plugin_cli.system.running import Process, process, processes_running
from plugin_cli.system.signals import held_signals

_POLITE_SECONDS = 10.0
_KILL_SECONDS = 5.0


class GrafanaServer:
    """A running server.

    Attributes:
        pid: its number.
    """

    def __init__(self, running: subprocess.Popen[bytes], plugin_id: str, log: LogWriter) -> None:
        self.pid = running.pid
        self._running = running
        self._tail: deque[str] = deque(maxlen=SHOWN_LINES)
        self._thread = threading.Thread(
            target=copy_lines, args=(self._lines(), plugin_id, log), name="grafana-log", daemon=True
        )
        self._thread.start()

    def problem(self) -> str | None:
        """Return why it no longer runs, or None."""
        code = self._running.poll()
        return None if code is None else f"the server ended with exit code {code}"

    def final_lines(self) -> list[str]:
        """Return the final lines that it wrote."""
        if self._running.poll() is not None:
            self._thread.join(timeout=_KILL_SECONDS)
        return list(self._tail)

    def close(self) -> None:
        """End it, politely first."""
        self._running.terminate()
        try:
            self._running.wait(_POLITE_SECONDS)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait(_KILL_SECONDS)
        self._thread.join(timeout=_KILL_SECONDS)
        if not self._thread.is_alive() and self._running.stdout is not None:
            self._running.stdout.close()

    def _lines(self) -> Iterator[bytes]:
        assert self._running.stdout is not None
        for line in self._running.stdout:
            text = line.decode("utf-8", "replace").rstrip()
            if text:
                self._tail.append(text)
            yield line


@contextmanager
def running_server(
    argv: Sequence[str],
    environment: Mapping[str, str],
    folder: SessionFolder,
    plugin_id: str,
    log: LogWriter,
) -> Iterator[GrafanaServer]:
    """Run the server inside the block.

    Args:
        argv: its command line.
        environment: its whole environment.
        folder: of the session, where the process is noted for whoever cleans up after a crash.
        plugin_id: whose lines go into the log.
        log: the session's.

    Raises:
        ToolMissingError: the program cannot be executed.
    """
    with ExitStack() as stack:
        try:
            with held_signals():
                started = subprocess.Popen(
                    argv,
                    cwd=files_of(folder),
                    env=dict(environment),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    # Out of this terminal's group: Ctrl-C is for the session, which then ends the server.
                    start_new_session=sys.platform != "win32",
                    creationflags=_group_flags(),
                )
                stack.callback(end_left_server, folder)
                server = GrafanaServer(started, plugin_id, log)
                stack.callback(server.close)
        except OSError as error:
            raise ToolMissingError(
                f"{argv[0]} cannot be started", why=error.strerror or str(error)
            ) from error
        with suppress(OSError):
            write_json(_record(folder), asdict(process(started.pid)))
        yield server


def _group_flags() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP
    return 0


def files_of(folder: SessionFolder) -> Path:
    """Return the folder below which a session's own Grafana keeps everything."""
    return folder.path / "grafana"


def plugin_folder(folder: SessionFolder, plugin_id: str) -> Path:
    """Return where a session's own Grafana finds the plugin."""
    return files_of(folder) / "plugins" / plugin_id


def end_left_server(folder: SessionFolder) -> None:
    """End what a session left running that could not end it itself: the server, and a plugin's process."""
    if not folder.path.is_dir():
        return
    document = read_json(_record(folder))
    with suppress(TypeError):
        if document is not None:
            Process(**document).kill()
    end_processes(files_of(folder) / "plugins")
    _record(folder).unlink(missing_ok=True)


def end_processes(folder: Path, parent: int | None = None) -> bool:
    """End every process whose program lies below `folder`; return False where there is none.

    Args:
        folder: of programs.
        parent: only what this process started.
    """
    found = processes_running(folder, parent)
    for pid in found:
        with suppress(OSError):
            os.kill(pid, signal.SIGTERM)
    return bool(found)


def _record(folder: SessionFolder) -> Path:
    return folder.path / "grafana.json"
