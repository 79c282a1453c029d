"""One process that listens for Grafanas on other machines."""

from __future__ import annotations

import os
import signal
import sys
import threading
from os import _exit
from typing import Any

from plugin_sdk import _log
from plugin_sdk._process.handshake import HandshakeError, check_threads
from plugin_sdk._process.main import ServingProcess, started, stop_process, without_fork_support
from plugin_sdk._process.remote.options import Options
from plugin_sdk._process.remote.worker import Worker

# A client that finds its connection dead asks every few seconds; gRPC would call that an attack.
_KEEPALIVE = (
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.max_ping_strikes", 0),
)


class RemoteServer(ServingProcess):
    """Serves until SIGTERM: then it tells whoever watches its health, and finishes what it was asked.

    Args:
        target: the plugin, as for `serve`.
        options: of the command line.
        worker: its part in a group of processes that share the address; None: it is alone.
    """

    def __init__(self, target: str | type, options: Options, worker: Worker | None = None) -> None:
        super().__init__(target)
        _log.configure(level=options.level, fd=self._stdout.real)
        self._options = options
        self._worker = worker
        self._hurry = threading.Event()

    def _start(self) -> Any:
        from plugin_sdk._serving.server import SERVICE_NAMES, build
        from plugin_sdk._serving.services.health import Health
        from plugin_sdk._serving.shared_state import SharedState

        check_threads()
        sys.setswitchinterval(0.0005)
        state, self._health = SharedState(self._target), Health(SERVICE_NAMES)
        options = (*_KEEPALIVE, ("grpc.so_reuseport", 1 if self._worker else 0))
        with without_fork_support():
            self._server, self._pools = build(
                state, stop=None, stdio=None, health=self._health, options=options
            )
            self._bind()
        metrics = self._serve_metrics(state)
        self._serving = started(self._server)
        self._set_signals()
        self._stdout.drain(lambda _: None)
        threading.Thread(target=self._serve_when_loaded, args=(state,), name="readiness", daemon=True).start()
        address = f"unix:{self._socket}" if self._socket else self._address
        _log.log("info", "listening", address=address, tls=bool(self._options.cert), pid=os.getpid())
        if self._worker is not None:
            self._worker.report(metrics)
        return state

    def _bind(self) -> None:
        from plugin_sdk._serving.lazy.lazy_grpc import import_grpc

        grpc, address = import_grpc(), self._options.listen
        if address.startswith("unix:"):
            self._socket = address.removeprefix("unix:")
            self._stderr.remove_at_end(self._socket)
        try:
            if self._options.cert:
                from plugin_sdk._process.remote.tls import server_credentials

                port = self._server.add_secure_port(address, server_credentials(grpc, self._options))
            else:
                port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise HandshakeError(
                f"--listen: {address} cannot be listened on: another program may have it, or it is not an "
                "address of this machine"
            ) from error
        self._address = self._socket or f"{address.rpartition(':')[0]}:{port}"

    def _serve_metrics(self, state: Any) -> int:
        if not self._options.metrics:
            return 0
        from plugin_sdk._process.remote.metrics import serve_metrics

        return serve_metrics(self._options.metrics, lambda: state.metrics)

    def _serve_when_loaded(self, state: Any) -> None:
        if state.loader.loaded(wait_seconds=threading.TIMEOUT_MAX) is not None:
            self._health.set(serving=not self._stop.is_set())

    def _set_signals(self) -> None:
        def stop(_number: int, _frame: object) -> None:
            if self._stop.is_set():
                self._hurry.set()
            self._stop.set()

        if sys.platform != "win32":
            signal.signal(signal.SIGTERM, stop)
        # Ctrl-C reaches the whole group, and the process that looks after a worker ends it.
        signal.signal(signal.SIGINT, stop if self._worker is None else lambda _number, _frame: None)

    def _wait(self, state: Any) -> None:
        reason = self._watch(state, parent=None if self._worker is None else self._parent)
        if reason:
            _log.log_last(reason + "; stopping the process")
            self._stderr.announce_end()
            _exit(1)
        self._drain(state)

    def _drain(self, state: Any) -> None:
        lame_duck, drain = self._options.lame_duck, self._options.drain
        self._stop.set()
        self._health.set(serving=False)
        _log.log("info", "draining: new calls go elsewhere", seconds=lame_duck + drain)
        self._hurry.wait(lame_duck)
        self._stderr.announce_end()
        stop_process(state, self._server, self._socket, grace=0 if self._hurry.is_set() else drain)
