"""Sends the messages of a stream from the event loop.

grpcio's server starts to send a message and then waits in the stream's own thread until it is sent: a thread
for each channel and two hand-overs a packet. Here the loop starts to send and goes on; only the next message
waits while one is under way, so a slow reader slows its channel down and nothing else.

`_rpc_event`, `_state` and the functions of `grpc._server` are private. `is_supported` is False for a
grpcio without them; then the channel keeps its thread.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

_NEEDED = (
    "_send_message",
    "_get_initial_metadata_operation",
    "_is_rpc_state_active",
    "_SEND_MESSAGE_TOKEN",
    "_SEND_INITIAL_METADATA_AND_SEND_MESSAGE_TOKEN",
    "cygrpc",
)
_STATE = ("condition", "due", "initial_metadata_allowed")


def is_supported(context: Any) -> bool:
    """Return True if grpcio has everything that is used here."""
    from grpc import _server

    grpc: Any = _server
    state, event = getattr(context, "_state", None), getattr(context, "_rpc_event", None)
    return (
        all(hasattr(grpc, name) for name in _NEEDED)
        and all(hasattr(state, name) for name in _STATE)
        and hasattr(getattr(event, "call", None), "start_server_batch")
        and hasattr(grpc.cygrpc, "SendMessageOperation")
    )


class MessageSender:
    """Sends serialised messages of one RPC; used on one event loop only."""

    def __init__(self, context: Any) -> None:
        from grpc import _server

        self._grpc: Any = _server
        self._call = context._rpc_event.call
        self._state = context._state
        self._loop = asyncio.get_running_loop()
        self._under_way = False
        self._waiter: asyncio.Future[None] | None = None

    async def send(self, message: bytes) -> bool:
        """Start to send a message once the one before is sent; return False if the RPC is over."""
        await self.wait_until_sent()
        grpc, state = self._grpc, self._state
        with state.condition:
            if not grpc._is_rpc_state_active(state):
                return False
            operations = [grpc.cygrpc.SendMessageOperation(message, 0)]
            token = grpc._SEND_MESSAGE_TOKEN
            if state.initial_metadata_allowed:
                operations.insert(0, grpc._get_initial_metadata_operation(state, None))
                state.initial_metadata_allowed = False
                token = grpc._SEND_INITIAL_METADATA_AND_SEND_MESSAGE_TOKEN
            self._under_way = True
            self._call.start_server_batch(operations, self._on_sent(token))
            state.due.add(token)
        return True

    async def wait_until_sent(self) -> None:
        """Wait until no message is under way: it is sent, or the RPC is over."""
        while self._under_way:
            self._waiter = self._loop.create_future()
            if self._under_way:  # otherwise it was sent before the waiter was there to be woken
                await self._waiter

    def _on_sent(self, token: str) -> Any:
        """Return what grpcio calls in its serving thread."""
        record = self._grpc._send_message(self._state, token)

        def sent(event: Any) -> Any:
            result = record(event)
            self._under_way = False
            waiter = self._waiter
            if waiter is not None:
                with contextlib.suppress(RuntimeError):  # the loop is closed
                    self._loop.call_soon_threadsafe(_wake, waiter)
            return result

        return sent


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
