"""One plugin process, from the handshake to its end.

Only the standard library, grpc's sync server and the message classes are loaded before the handshake; the
author's module and pydantic are loaded after it, in a thread.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from os import _exit
from typing import Any

from plugin_sdk import _log

_DRAIN_SECONDS = 5.0
_RECURSION_LIMIT = 1_000


@contextlib.contextmanager
def without_fork_support() -> Iterator[None]:
    """Keep gRPC, which reads this once, from restarting its threads in children that handlers fork.

    Those threads would serve the plugin's connections too, and crash.
    """
    name = "GRPC_ENABLE_FORK_SUPPORT"
    before = os.environ.get(name)
    os.environ[name] = "0"
    try:
        yield
    finally:
        # Programs that the plugin runs may need it.
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _without_secrets() -> None:
    """Redact secrets in what is printed, since it becomes log lines."""
    from plugin_sdk._secrets import StruckStream

    sys.stdout, sys.stderr = StruckStream(sys.stdout), StruckStream(sys.stderr)


def _is_source_backend() -> bool:
    return bool(os.environ.get("PLUGIN_CLI_SOURCE_BACKEND"))


class ServingProcess:
    """One plugin process, from the handshake to its end."""

    def __init__(self, target: str | type) -> None:
        from plugin_sdk._process.stderr import Stderr
        from plugin_sdk._process.stdout import Stdout

        # Read first, so that the death of the parent during our own start is noticed too.
        self._parent = os.getppid()
        self._stop = threading.Event()
        self._stderr = Stderr()
        level = os.environ.get("GF_PLUGIN_LOG_LEVEL", "debug")
        _log.configure(level=level, fd=self._stderr.real, on_broken_pipe=self._stop.set)
        self._stdout = Stdout()
        self._target = target
        self._socket = ""
        self._terminated = False

    def run(self) -> None:
        """Serve until the host requests a shutdown, the parent dies, or a signal arrives."""
        from plugin_sdk._process.handshake import HandshakeError

        try:
            state = self._start()
            self._load(state)
            self._wait(state)
        except HandshakeError as error:
            _log.log("error", str(error))
            self._stderr.announce_end()
        except BaseException as error:
            sys.setrecursionlimit(_RECURSION_LIMIT)  # with a lower one nothing can be logged
            _log.log_exception("the process failed; stopping it so that Grafana restarts it", error)
            self._stderr.announce_end()
        finally:
            # In any case: Python would wait for every thread, and Grafana restarts only processes.
            _exit(1)

    def _start(self) -> Any:
        """Start to listen and print the handshake line."""
        from plugin_sdk._process import handshake as _handshake
        from plugin_sdk._serving.server import build
        from plugin_sdk._serving.services.goplugin import Stdio
        from plugin_sdk._serving.shared_state import SharedState

        _handshake.check_versions(os.environ)
        _handshake.check_threads()
        # Switch threads every 0.5 ms instead of 5: a health check must not wait for a busy query.
        sys.setswitchinterval(0.0005)
        state, stdio = SharedState(self._target), Stdio()
        controller = None if _is_source_backend() else self._stop.set
        with without_fork_support():
            self._server, self._pools = build(state, stop=controller, stdio=stdio)
            network, address = _handshake.bind(self._server, os.environ)
        self._address = address
        if network == "unix":
            self._socket = address
            self._stderr.remove_at_end(address)
        self._serving = started(self._server)
        self._set_signals()
        self._stdout.send_line(_handshake.line(network, address))
        self._stdout.drain(stdio.write)
        return state

    def _load(self, state: Any) -> None:
        def load() -> None:
            from plugin_sdk._process.fork import ForkGuard
            from plugin_sdk._serving.lazy import lazy_pydantic
            from plugin_sdk._serving.metrics import Metrics
            from plugin_sdk._serving.server import preload

            ours = [*self._stdout.descriptors(), *self._stderr.descriptors()]
            ForkGuard(lambda: ours, self._address).install()
            _log.install()
            _without_secrets()
            state.metrics = Metrics()
            lazy_pydantic.install()
            state.loader.start()
            preload()

        self._loading = threading.Thread(target=load, name="load", daemon=True)
        self._loading.start()

    def _set_signals(self) -> None:
        # Ctrl-C reaches the whole process group; Grafana itself then asks the plugin to stop. Not SIG_IGN:
        # programs that the plugin runs would inherit it and could not be interrupted.
        signal.signal(signal.SIGINT, lambda _number, _frame: None)
        if sys.platform != "win32":
            signal.signal(signal.SIGTERM, self._terminate)

    def _terminate(self, _number: int, _frame: object) -> None:
        self._terminated = True
        self._stop.set()

    def _wait(self, state: Any) -> None:
        reason = self._watch(state, self._parent)
        if reason:
            _log.log_last(reason + "; stopping the process so that Grafana restarts it")
            self._stderr.announce_end()  # which removes the socket too
            _exit(1)
        self._stop.set()
        if self._terminated:
            _log.log("info", "stopping: the process received SIGTERM")
        # Under `plugin-cli dev`, a backend that is replaced finishes the calls it has accepted.
        self._stderr.announce_end()
        stop_process(state, self._server, self._socket, grace=_DRAIN_SECONDS if _is_source_backend() else 0)

    def _watch(self, state: Any, parent: int | None) -> str:
        """Return when the process should stop: why it can no longer serve, or the empty string."""
        from plugin_sdk._process.checks import Checks
        from plugin_sdk._process.interpreter import Interpreter
        from plugin_sdk._process.listening import Listening
        from plugin_sdk._process.watch_parent import Watch, stall_seconds

        watch = Watch(
            self._stop,
            stall=stall_seconds(os.environ),
            parent=parent,
            relay=self._stderr,
            checks=(
                Interpreter().check,  # the first, since the others rely on what it checks
                self._check_server,
                Listening(self._address).check,
                Checks(state, self._pools, self._stderr, self._loading).check,
            ),
        )
        return watch.run(on_orphaned=lambda: _log.log("warn", "the parent process has ended; stopping"))

    def _check_server(self) -> str:
        """Return why serving has stopped, or the empty string; Grafana restarts processes, not servers."""
        # Not `wait_for_termination`, which never returns if the plugin's code has replaced `time.time`.
        if not all(thread.is_alive() for thread in self._serving):
            return "the gRPC server has stopped: the thread that serves gRPC has ended"
        return ""


def started(server: Any) -> list[threading.Thread]:
    """Start the server and return its serving thread, without which no call is served."""
    before = set(threading.enumerate())
    server.start()
    return [thread for thread in threading.enumerate() if thread not in before and "_serve" in thread.name]


def stop_process(state: Any, server: Any, socket: str, *, grace: float = 0) -> None:
    """Stop the process within two seconds: dispose instances, abandon running calls, remove the socket.

    Args:
        state: the state shared by the services.
        server: the gRPC server.
        socket: the path of its socket, or the empty string.
        grace: how many more seconds running calls may take; new calls are refused.

    It ends in `os._exit`: Python would wait for every thread, and a hung handler never returns.
    """
    done = threading.Thread(target=_close, args=(state, server, grace), daemon=True)
    with contextlib.suppress(RuntimeError):  # no more threads can be started: stop without one
        done.start()
        done.join(timeout=1.0 + grace)
    _remove(socket)
    _exit(0)


def _remove(socket: str) -> None:
    if socket:
        # gRPC removes it too, if it has the time.
        with contextlib.suppress(OSError):
            os.unlink(socket)  # noqa: PTH108  # pathlib is not loaded yet if the process stops early


def _close(state: Any, server: Any, grace: float) -> None:
    from plugin_sdk._process.fork import end_children

    end_children()
    server.stop(grace=grace).wait(grace)
    state.close()
    _log.flush()
