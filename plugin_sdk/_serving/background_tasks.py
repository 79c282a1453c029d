"""The background methods of one instance: started with it, started again when they fail, stopped with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from plugin_sdk import _log
from plugin_sdk._serving.async_bridge import event_loop, is_async

FIRST_PAUSE_SECONDS, LAST_PAUSE_SECONDS = 1.0, 60.0
_STOP_SECONDS = 1.0  # Grafana kills a plugin two seconds after it asked it to end


class BackgroundTasks:
    """The running methods of one instance."""

    def __init__(self, target: Any, names: list[str]) -> None:
        self._stop = threading.Event()
        self._ends: list[Callable[[], None]] = []
        for name in names:
            method = getattr(target, name)
            end = self._start_async(name, method) if is_async(method) else self._start_thread(name, method)
            self._ends.append(end)

    def stop(self) -> None:
        """Stop all methods and wait a moment for them."""
        self._stop.set()
        for end in self._ends:
            end()

    def _start_thread(self, name: str, method: Callable[..., None]) -> Callable[[], None]:
        def work() -> None:
            pause = FIRST_PAUSE_SECONDS
            while not self._stop.is_set():
                try:
                    return method(self._stop)
                except Exception as error:
                    _log_failure(name, error, pause)
                    self._stop.wait(pause)
                    pause = min(pause * 2, LAST_PAUSE_SECONDS)
            return None

        thread = threading.Thread(target=work, name=f"background-{name}", daemon=True)
        thread.start()
        return lambda: thread.join(_STOP_SECONDS)

    def _start_async(self, name: str, method: Callable[[], Any]) -> Callable[[], None]:
        import asyncio

        ended = threading.Event()

        async def work() -> None:
            try:
                await _until_done(name, method)
            finally:
                ended.set()  # the future is done as soon as it is cancelled, before the method has ended

        future = asyncio.run_coroutine_threadsafe(work(), event_loop())

        def end() -> None:
            future.cancel()
            ended.wait(_STOP_SECONDS)

        return end


async def _until_done(name: str, method: Callable[[], Any]) -> None:
    import asyncio

    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            await method()
            return
        except Exception as error:
            _log_failure(name, error, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LAST_PAUSE_SECONDS)


def _log_failure(name: str, error: Exception, pause: float) -> None:
    message = f"the background method {name} failed; it is started again in {pause:g} s"
    _log.log_exception(message, error, method=name)
