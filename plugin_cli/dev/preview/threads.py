"""The preview's own threads for calls to the backend, which block: a pool for each kind of call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.requests import Request

from plugin_cli.dev.preview.bridge import Cancel

T = TypeVar("T")
_DISCONNECT_SECONDS = 0.25


class Pools:
    """The threads of the preview: health keeps answering while a hundred queries hang."""

    def __init__(self) -> None:
        self.control = ThreadPoolExecutor(8, "preview-control")
        self.work = ThreadPoolExecutor(256, "preview-work")
        self.streams = ThreadPoolExecutor(256, "preview-stream")

    def shutdown(self) -> None:
        """Take no more work; what runs is left to end with the backend."""
        for pool in (self.control, self.work, self.streams):
            pool.shutdown(wait=False, cancel_futures=True)


async def call(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """Run `work` on a thread of `pool` and wait for its result."""
    return await asyncio.get_running_loop().run_in_executor(pool, work)


async def call_for(request: Request, pool: ThreadPoolExecutor, work: Callable[[Cancel], T]) -> T:
    """Run `work` for a browser; when that goes away, cancel `work` and drop its result."""
    cancel = Cancel()
    running = asyncio.ensure_future(call(pool, lambda: work(cancel)))
    try:
        while True:
            done, _ = await asyncio.wait({running}, timeout=_DISCONNECT_SECONDS)
            if done:
                return running.result()
            if await request.is_disconnected():
                cancel.cancel()
                return await running
    finally:
        if not running.done():
            cancel.cancel()


async def iterate(pool: ThreadPoolExecutor, items: Iterator[T]) -> AsyncIterator[T]:
    """Yield what a blocking iterator yields, each step on a thread of `pool`."""
    end = object()
    while True:
        item = await call(pool, lambda: next(items, end))
        if item is end:
            return
        yield item  # type: ignore[misc]  # the one value that is not T was returned on above
