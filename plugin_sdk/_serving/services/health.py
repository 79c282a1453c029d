"""grpc.health.v1.Health for a server that load balancers ask: it serves once the author's code is loaded.

Its messages have one field, so they are read and written as bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

SERVING, NOT_SERVING, SERVICE_UNKNOWN = b"\x08\x01", b"\x08\x02", b"\x08\x03"


class Health:
    """The state of the whole server and of each of its services, and whoever watches it.

    Args:
        names: the services that may be asked for; the empty name is the whole server.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._lock = threading.Lock()
        self._state = NOT_SERVING
        self._watchers: list[Callable[[bytes | None], None]] = []

    def set(self, *, serving: bool) -> None:
        """Change the state, and send it to everyone who watches."""
        with self._lock:
            self._state = SERVING if serving else NOT_SERVING
            watchers, state = list(self._watchers), self._state
        for send in watchers:
            send(state)

    def check(self, request: bytes, context: Any) -> bytes:
        """grpc.health.v1.Health/Check."""
        if not self._is_known(request):
            import grpc

            context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
        return self._state

    def watch(self, request: bytes, context: Any, send: Callable[[bytes | None], None]) -> None:
        """grpc.health.v1.Health/Watch: sends the state and each change of it, without a thread."""
        if not self._is_known(request):
            send(SERVICE_UNKNOWN)
            return

        def forget() -> None:
            with self._lock:
                self._watchers.remove(send)

        with self._lock:
            self._watchers.append(send)
            state = self._state
        if not context.add_callback(forget):
            forget()
            return
        send(state)

    def _is_known(self, request: bytes) -> bool:
        # HealthCheckRequest: field 1, a string shorter than 128 bytes, or nothing for the empty name.
        name = request[2:].decode("utf-8", "replace") if request[:1] == b"\x0a" else ""
        return not request or name in ("", *self._names)
