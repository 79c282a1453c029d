"""Runs the application on a thread of its own, on a socket that is bound already."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from types import TracebackType

import uvicorn
from starlette.types import ASGIApp

from plugin_cli.errors import PluginCliError

_START_SECONDS = 10.0
# Event streams never end by themselves; clients that still wait after this are cut off.
_GRACE_SECONDS = 1


_LOGGER = logging.getLogger("uvicorn.error")


class PreviewServer:
    """A context manager: answering inside the block, gone after it."""

    def __init__(self, app: ASGIApp, listener: socket.socket, on_error: Callable[[str], None]) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._listener = listener
        # Not a daemon: the interpreter must not end under a request that is being answered.
        self._thread = threading.Thread(target=self._run, name="preview-server")
        self._ended = threading.Event()
        self._errors = _ErrorHandler(on_error)

    def __enter__(self) -> PreviewServer:
        """Start answering."""
        _LOGGER.propagate = False
        _LOGGER.addHandler(self._errors)
        self._thread.start()
        waited = 0.0
        while not self._server.started:
            if self._ended.wait(0.01) or (waited := waited + 0.01) > _START_SECONDS:
                self.__exit__(None, None, None)
                raise PluginCliError("the preview server did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop answering and wait until the thread has ended."""
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()
        _LOGGER.removeHandler(self._errors)

    def problem(self) -> str | None:
        """Return why the server ended by itself, or None while it answers."""
        return "the preview's server ended; its reason is in the log" if self._ended.is_set() else None

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._listener])
        finally:
            self._ended.set()


class _ErrorHandler(logging.Handler):
    """Passes on what went wrong in the server; the rest of its words is about its internals."""

    def __init__(self, on_error: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self._on_error = on_error

    def emit(self, record: logging.LogRecord) -> None:
        """Hand over the message with its traceback."""
        self._on_error(self.format(record))
