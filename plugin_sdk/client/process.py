"""Starts a plugin process through the real handshake and stops it as Grafana does."""

from __future__ import annotations

import os
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from plugin_sdk._go_plugin import (
    APP_PROTOCOL_VERSION,
    CORE_PROTOCOL_VERSION,
    MAGIC_COOKIE_KEY,
    MAGIC_COOKIE_VALUE,
)
from plugin_sdk._json_text import loads

if TYPE_CHECKING:
    from plugin_sdk.client.client import PluginClient

STOP_SECONDS = 2.0
"""How long a plugin may take to stop before go-plugin kills it."""


class PluginStartError(Exception):
    """The process did not complete the handshake; the text says what it did instead.

    Attributes:
        output: the last lines of its stdout and stderr.
    """

    def __init__(self, reason: str, output: str) -> None:
        super().__init__(reason + (f"\n{output}" if output else ""))
        self.reason = reason
        self.output = output


_NOISE = (
    "\nnothing may be printed to stdout before serve() is called: remove the print from __main__.py or from "
    "what it imports, or print to stderr"
)
_TEXT_LEVELS = frozenset({"trace", "debug", "info", "warn", "error"})


@dataclass(frozen=True)
class LogLine:
    """One line of the plugin's stderr as Grafana reads it.

    Attributes:
        level: trace, debug, info, warn or error; plain text is debug.
        message: the text.
        fields: the other keys of the line.
    """

    level: str
    message: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def parse(line: str) -> LogLine:
        """Return the parts of a line; plain text is debug unless it begins with a level such as `[WARN]`."""
        try:
            entry = loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict) or "@message" not in entry:
            prefix = line.partition("]")[0].lstrip("[").lower()
            return LogLine(prefix if line.startswith("[") and prefix in _TEXT_LEVELS else "debug", line)
        fields = {key: value for key, value in entry.items() if not key.startswith("@")}
        return LogLine(str(entry.get("@level", "debug")), str(entry["@message"]), fields)


class PluginProcess:
    """A plugin process, started with the cookie and stopped through go-plugin's controller.

    Args:
        command: the executable and its arguments.
        env: its environment, to which only go-plugin's variables are added. None is empty, as in Grafana.
        cwd: its working directory.
        plugin_id: the id in the plugin context of `client`.
        timeout_seconds: how long the handshake may take.
        on_log: called with each line of its stderr, from a separate thread.
        standby: add `--standby` to the command, which then imports its packages and waits for a line on
            stdin. It gets one when the block is entered; `launch` starts it earlier. See `source_command`.

    Raises:
        PluginStartError: on entry, if it ends, prints something else, or prints nothing in time.

    Examples:
        >>> with PluginProcess(["dist/gpx_weather_linux_amd64"]) as plugin:
        ...     plugin.client.check_health(settings())
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | Path | None = None,
        plugin_id: str = "test-plugin",
        timeout_seconds: float = 60,
        on_log: Callable[[LogLine], None] | None = None,
        standby: bool = False,
    ) -> None:
        self._command = [str(part) for part in command] + (["--standby"] if standby else [])
        self._env = dict(env or {}) | HOST_VARIABLES
        self._cwd = cwd
        self._plugin_id = plugin_id
        self._timeout = timeout_seconds
        self._on_log = on_log
        self._standby = standby
        self._launched = False
        self._tail: deque[str] = deque(maxlen=40)
        self._lines: SimpleQueue[str | None] = SimpleQueue()

    def launch(self) -> None:
        """Start the command now, on standby until the block is entered; `discard` stops one that never is."""
        self._spawn()
        self._launched = True

    def discard(self) -> None:
        """Stop a command that was launched and is not needed."""
        self._kill()

    def __enter__(self) -> PluginProcess:
        if not self._launched:
            self._spawn()
        try:
            self._release()
            self.address = self._handshake()
            self._connect()
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def _spawn(self) -> None:
        try:
            self._process = subprocess.Popen(
                self._command,
                env=self._env,
                cwd=self._cwd,
                stdin=subprocess.PIPE if self._standby else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise PluginStartError(
                f"{self._command[0]} cannot be started: {error.strerror or error}", ""
            ) from error
        self._readers = [
            threading.Thread(target=self._read_stdout, daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _release(self) -> None:
        if self._process.stdin is not None:
            # If it has already ended, the missing handshake will report that.
            with suppress(OSError), self._process.stdin as pipe:
                pipe.write(b"\n")

    def _read_stdout(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            for line in pipe:
                self._lines.put(line.decode("utf-8", "replace"))
        self._lines.put(None)

    def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        panicked = False
        with self._process.stderr as pipe:
            for raw in pipe:
                line = raw.decode("utf-8", "replace").rstrip("\n")
                self._tail.append(line)
                if self._on_log is None:
                    continue
                # As in go-plugin: after a panic, all plain text is an error.
                panicked = panicked or line.startswith(("panic: ", "fatal error: "))
                parsed = LogLine.parse(line)
                self._on_log(LogLine("error", line) if panicked and parsed.message == line else parsed)

    def _handshake(self) -> str:
        """Return the address in gRPC's form."""
        try:
            line = self._lines.get(timeout=self._timeout)
        except Empty:
            raise self._error(f"no handshake within {self._timeout:g} s") from None
        if line is None:
            code = self._process.wait()
            self._readers[1].join(timeout=5)
            raise self._error(f"the process ended with exit code {code} before its handshake")
        parts = line.rstrip("\n").split("|")
        if len(parts) < 5 or parts[0] != str(CORE_PROTOCOL_VERSION) or parts[4] != "grpc":
            raise self._error(
                f"expected a handshake line on stdout, got: {line.rstrip()}{'' if len(parts) > 3 else _NOISE}"
            )
        if parts[1] != str(APP_PROTOCOL_VERSION):
            raise self._error(
                f"the plugin uses protocol version {parts[1]}, Grafana requires {APP_PROTOCOL_VERSION}"
            )
        return f"unix:{parts[3]}" if parts[2] == "unix" else parts[3]

    def _error(self, reason: str) -> PluginStartError:
        return PluginStartError(reason, "\n".join(self._tail))

    def _connect(self) -> None:
        import grpc

        from plugin_sdk.client.client import CHANNEL_OPTIONS, PluginClient

        self._channel = grpc.insecure_channel(self.address, options=CHANNEL_OPTIONS)
        self.client: PluginClient = PluginClient(self._channel, plugin_id=self._plugin_id)

    def wait(self, timeout_seconds: float | None = None) -> int:
        """Wait until the process ends by itself, and return its exit code."""
        return self._process.wait(timeout_seconds)

    def running(self) -> bool:
        """Return True if the process is running."""
        return self._process.poll() is None

    def stop(self) -> int:
        """Stop the process, kill it after two seconds, and return its exit code."""
        import grpc

        if self.running():
            shutdown = self._channel.unary_unary("/plugin.GRPCController/Shutdown", bytes, bytes)
            try:
                shutdown(b"", timeout=STOP_SECONDS)
            except grpc.RpcError:
                # A source backend has no controller, and a hung plugin does not respond: stop both by a
                # signal.
                self._process.terminate()
        self._channel.close()
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return self._kill()
        finally:
            self._join_readers()

    def _kill(self) -> int:
        self._process.kill()
        code = self._process.wait()
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        self._join_readers()
        return code

    def _join_readers(self) -> None:
        # Each closes its pipe at the end of the stream; a child of the plugin may keep one open for longer.
        for reader in self._readers:
            reader.join(timeout=5)


def source_command(python: str | Path, package: str, folder: str | Path) -> tuple[str, ...]:
    """Return the command that runs a backend from its source; it may be put on standby.

    Args:
        python: the interpreter of the environment with the plugin's packages.
        package: the backend's package.
        folder: the directory that holds the package; it also belongs on PYTHONPATH.
    """
    return (str(python), "-m", "plugin_sdk._process.source_mode", package, str(folder))


HOST_VARIABLES = {
    MAGIC_COOKIE_KEY: MAGIC_COOKIE_VALUE,
    "PLUGIN_PROTOCOL_VERSIONS": str(APP_PROTOCOL_VERSION),
    "PLUGIN_MIN_PORT": "10000",
    "PLUGIN_MAX_PORT": "25000",
} | ({"SystemRoot": os.environ.get("SYSTEMROOT", "")} if os.name == "nt" else {})
"""The variables that go-plugin sets for every plugin, and SystemRoot, which Windows needs."""
