"""The lifespan of a mounted ASGI application, which starts and shuts down with the instance."""

from __future__ import annotations

import asyncio
from typing import Any

from plugin_sdk import _log
from plugin_sdk._serving.async_bridge import Uncancelled, run
from plugin_sdk.errors import PluginError

_START_SECONDS = 50.0  # within Grafana's own timeout of the request
_END_SECONDS = 1.5  # Grafana kills a plugin two seconds after it requests the stop


class Lifespan:
    """One run of the application's lifespan. Its `state` is copied into the scope of every request."""

    def __init__(self, application: Any) -> None:
        self.state: dict[str, Any] = {}
        self._application = application
        self._task: asyncio.Task[None] | None = None
        self._ended = False

    def start(self) -> None:
        """Run the application's startup and wait for it, unless it has no lifespan.

        Raises:
            PluginError: the startup failed or took too long.
        """
        run(self._start(), Uncancelled())

    def close(self) -> None:
        """Run the application's shutdown and wait for it briefly; its exceptions are logged."""
        run(self._close(), Uncancelled())

    async def _start(self) -> None:
        self._to_application: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_application: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._to_application.put_nowait({"type": "lifespan.startup"})
        self._task = asyncio.ensure_future(self._run())
        answer = await self._answer(_START_SECONDS)
        if answer is None:
            self._task.cancel()
            raise PluginError(f"the ASGI application did not start within {_START_SECONDS:g} s")
        if answer["type"] == "lifespan.startup.failed":
            reason = str(answer.get("message") or "no reason given").strip().splitlines()[-1]
            raise PluginError(f"the ASGI application did not start: {reason}")
        if answer["type"] != "lifespan.startup.complete":  # it sent something else, or has ended
            self._ended = True
            self._task.cancel()

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self._application(scope, self._to_application.get, self._take)
        except Exception:
            # In the specification, an exception means that the application has no lifespan.
            return
        finally:
            self._from_application.put_nowait({"type": "ended"})

    async def _take(self, message: dict[str, Any]) -> None:
        if not message["type"].startswith("lifespan."):  # it treats every scope as a request
            raise TypeError(f"{message['type']} in a lifespan")
        await self._from_application.put(message)

    async def _answer(self, seconds: float) -> dict[str, Any] | None:
        try:
            return await asyncio.wait_for(self._from_application.get(), seconds)
        except TimeoutError:
            return None

    async def _close(self) -> None:
        if self._task is None or self._ended:
            return
        self._ended = True
        self._to_application.put_nowait({"type": "lifespan.shutdown"})
        answer = await self._answer(_END_SECONDS)
        if answer is None:
            _log.log("warn", f"the ASGI application did not shut down within {_END_SECONDS:g} s")
            self._task.cancel()
        elif answer["type"] == "lifespan.shutdown.failed":
            _log.log("error", "the ASGI application's shutdown failed", error=str(answer.get("message", "")))
