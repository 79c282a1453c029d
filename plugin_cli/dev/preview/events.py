"""Server-sent events: sends what happens to the plugin to every open page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import StreamingResponse

from plugin_cli.session.backend_record import BackendStatus

# Proxies and browsers give up a silent connection; a comment keeps it and shows whether it still stands.
_KEEPALIVE_SECONDS = 15.0
_MAX_WAITING = 1000


class Channel:
    """Messages from any thread to any number of listeners on one event loop."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[bytes | None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def publish(self, message: bytes) -> None:
        """Send a message to all who listen now; callable from any thread."""
        self._call(lambda: [self._put(queue, message) for queue in self._queues])

    def close(self) -> None:
        """End every listener's stream, and those to come; callable from any thread."""
        self._closed = True
        self._call(lambda: [self._end(queue) for queue in self._queues])

    def subscribe(self) -> Listener:
        """Return a listener that misses nothing published from now on; called on the event loop."""
        self._loop = asyncio.get_running_loop()
        listener = Listener(self._queues)
        if self._closed:
            self._end(listener.queue)
        return listener

    def listen(self) -> AsyncIterator[bytes]:
        """Yield messages until the channel is closed."""
        return self.subscribe().messages()

    def _call(self, action: Any) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(action)

    @staticmethod
    def _put(queue: asyncio.Queue[bytes | None], message: bytes) -> None:
        if queue.full():
            queue.get_nowait()  # a page that does not keep up loses the oldest
        queue.put_nowait(message)

    @classmethod
    def _end(cls, queue: asyncio.Queue[bytes | None]) -> None:
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(None)


class Listener:
    """One page that listens; what it has not read yet waits in its queue."""

    def __init__(self, others: set[asyncio.Queue[bytes | None]]) -> None:
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(_MAX_WAITING)
        self._others = others
        others.add(self.queue)

    async def messages(self) -> AsyncIterator[bytes]:
        """Yield messages until the channel is closed or the page goes away."""
        try:
            while True:
                try:
                    message = await asyncio.wait_for(self.queue.get(), _KEEPALIVE_SECONDS)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if message is None:
                    return
                yield message
        finally:
            self._others.discard(self.queue)


def message(data: bytes, event: str | None = None) -> bytes:
    """Return one server-sent event; every line of the data gets its own field, as the format asks."""
    head = f"event: {event}\n".encode() if event else b""
    return head + b"".join(b"data: " + line + b"\n" for line in data.splitlines() or [b""]) + b"\n"


def page_status(kind: str, status: BackendStatus) -> dict[str, Any]:
    """Return the status of a backend from `source` or `dist` as the page reads it."""
    return {"mode": kind, "running": status.running, "message": status.reason}


class Events:
    """The event stream of the page, `GET /api/preview/events`."""

    def __init__(self) -> None:
        self.channel = Channel()

    def reload(self, what: str) -> None:
        """Say that `backend` or `frontend` changed and runs again."""
        self._publish("reload", {"what": what})

    def backend(self, status: dict[str, Any]) -> None:
        """Report what became of the backend, as `page_status` returns it."""
        self._publish("backend", status)

    def page(self, note: str) -> None:
        """Report why the page is the plain one."""
        self._publish("page", {"note": note})

    def _publish(self, event: str, data: Any) -> None:
        self.channel.publish(message(json.dumps(data).encode(), event))


def event_response(stream: AsyncIterator[bytes]) -> StreamingResponse:
    """Return a stream of events as an answer."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)
