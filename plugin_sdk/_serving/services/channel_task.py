"""Channels of async generators, each drained by one task on the event loop, without a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from typing import Any

from plugin_sdk._serving import async_bridge, forked
from plugin_sdk._serving.pools import Pool
from plugin_sdk._serving.protobuf_writer import bytes_field
from plugin_sdk._serving.request_scope import ActiveCall
from plugin_sdk._serving.transport.message_sender import MessageSender

_LARGE = 2_000
"""Values of a frame that is encoded in a thread: the loop would stand still for milliseconds."""

Encode = Callable[[Any], bytes]


def start(
    call: ActiveCall,
    context: Any,
    values: AsyncIterator[Any],
    encode: Encode,
    pool: Pool,
    on_end: Callable[[BaseException | None], None],
) -> None:
    """Start to send what an async generator yields, and return.

    Args:
        call: the RPC.
        context: grpcio's context of it.
        values: what the author's method returned.
        encode: returns the packet of a value.
        pool: encodes large frames.
        on_end: called once when nothing is sent any more, with the error if there was one.
    """
    call.thread, call.generator = None, values
    ended: list[BaseException | None] = []

    def end(error: BaseException | None) -> None:
        if not ended:
            ended.append(error)
            on_end(error)

    future = async_bridge.submit(_drain(call, context, values, encode, pool, end))
    # Also if the task was cancelled before it could begin.
    future.add_done_callback(lambda done: end(None if done.cancelled() else done.exception()))


async def _drain(
    call: ActiveCall,
    context: Any,
    values: AsyncIterator[Any],
    encode: Encode,
    pool: Pool,
    end: Callable[[BaseException | None], None],
) -> None:
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None

    def cancel() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(task.cancel)

    call.on_end(cancel)
    sender = MessageSender(context)
    error: BaseException | None = None
    try:
        await _send_all(call, sender, values, encode, pool)
    except GeneratorExit:
        raise  # the task itself is being dropped, so nothing may be awaited
    except BaseException as reason:
        error = reason
    try:
        await _close(values)
        await sender.wait_until_sent()
    except (SystemExit, KeyboardInterrupt, Exception, asyncio.CancelledError) as reason:
        error = error or reason
    end(error)


async def _send_all(
    call: ActiveCall, sender: MessageSender, values: AsyncIterator[Any], encode: Encode, pool: Pool
) -> None:
    while (value := await _next(values)) is not async_bridge.END:
        packet = encode(value) if _is_small(value) else await _in_thread(pool, encode, value)
        if not await sender.send(bytes_field(1, packet)):
            return
        call.sent += 1


async def _next(values: AsyncIterator[Any]) -> Any:
    """Return the next value of the author's generator, or END."""
    task = asyncio.current_task()
    try:
        return await values.__anext__()
    except StopAsyncIteration:
        return async_bridge.END
    except GeneratorExit as error:
        if _is_running(task):
            raise async_bridge.HandlerExitError from error
        raise
    finally:
        if forked.is_child:
            forked.leave()


def _is_running(task: Any) -> bool:
    """Return True if `task` is being run, not closed by whoever drops it."""
    try:
        return asyncio.current_task() is task
    except RuntimeError:  # this thread runs no loop
        return False


async def _close(values: AsyncIterator[Any]) -> None:
    close = getattr(values, "aclose", None)
    if close is not None:
        await close()


def _is_small(value: Any) -> bool:
    try:
        fields = value.fields
        return not fields or len(fields) * len(fields[0]) <= _LARGE
    except (AttributeError, TypeError, KeyError):
        return True  # not a frame, or one that cannot be encoded


async def _in_thread(pool: Pool, encode: Encode, value: Any) -> bytes:
    # Not run_in_executor: a pool that cannot start a thread keeps the work, but not the future it returned.
    packet: Future[bytes] = Future()

    def work() -> None:
        if not packet.set_running_or_notify_cancel():
            return
        try:
            packet.set_result(encode(value))
        except BaseException as error:
            packet.set_exception(error)

    pool.start(work)
    return await asyncio.wrap_future(packet)
