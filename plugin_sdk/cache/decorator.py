"""`@cached` for methods, sync or async: whose value is shared, and how waiters leave with their caller."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from plugin_sdk.cache.entries import MISSING, Entries, Key
from plugin_sdk.errors import DownstreamError, single, status_of
from plugin_sdk.messages.current import current_request

P = ParamSpec("P")
R = TypeVar("R")

_SLICE_SECONDS = 0.25
_CANCELLED = 499
_IDENTITY = ("Authorization", "X-Id-Token", "Cookie")
_creating = threading.Lock()


class CachedMethod(Generic[P, R]):
    """A cached method of one instance; call it as the method."""

    def __init__(self, entries: Entries, function: Callable[..., Any]) -> None:
        self._entries = entries
        self._function = function
        functools.update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return the kept value, or that of the one call that is made for all who wait."""
        key = _key(self._function, args, kwargs)
        while True:
            value = self._entries.get(key)
            if value is not MISSING:
                result: R = value
                return result
            call, is_ours = self._entries.join(key)
            if is_ours:
                self._entries.finish(key, call, lambda: self._function(*args, **kwargs))
                made: R = call.result()
                return made
            _wait(call)
            if not _was_cancelled(call):
                shared: R = call.result()
                return shared

    def clear(self) -> None:
        """Forget the kept values."""
        self._entries.clear()


class CachedCoroutine(CachedMethod[P, R]):
    """A cached `async def` method of one instance."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return an awaitable of the value."""
        key = _key(self._function, args, kwargs)
        awaitable: Any = self._value(key, lambda: self._function(*args, **kwargs))
        result: R = awaitable
        return result

    async def _value(self, key: Key, start: Callable[[], Any]) -> Any:
        import asyncio

        while True:
            call, is_ours = self._entries.join(key)
            if is_ours:
                return await self._lead(key, call, start)
            await asyncio.wait([asyncio.wrap_future(_copy(call))])
            if not _was_cancelled(call):
                return call.result()

    async def _lead(self, key: Key, call: Future[Any], start: Callable[[], Any]) -> Any:
        generation = self._entries.generation
        try:
            value = await start()
        except BaseException as error:
            self._entries.fail(key, call, error)
            raise
        self._entries.keep(key, call, value, generation)
        return value


def _copy(call: Future[Any]) -> Future[Any]:
    """Return a future of one's own: a waiter that is cancelled must not cancel the call for the others."""
    own: Future[Any] = Future()

    def pass_on(_done: Future[Any]) -> None:
        if own.set_running_or_notify_cancel():
            own.set_result(None)

    call.add_done_callback(pass_on)
    return own


def _wait(call: Future[Any]) -> None:
    """Wait until the call is done.

    Raises:
        DownstreamError: the own caller has disconnected.
    """
    while True:
        try:
            call.exception(_SLICE_SECONDS)
        except TimeoutError:
            if current_request().is_cancelled():
                raise DownstreamError("the request was cancelled", status=_CANCELLED) from None
            continue
        return


def _was_cancelled(call: Future[Any]) -> bool:
    """Return True if whoever made the call has disconnected: then the next one who waits makes it."""
    error = call.exception()
    if error is None:
        return False
    return type(single(error)).__name__ == "CancelledError" or status_of(error) == _CANCELLED


def _key(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Key:
    current = current_request()
    found = [current.headers.get(name) for name in _IDENTITY]
    user = current.context.user
    identity = (*found, user.login if user else "") if any(found) else ()
    key = (args, tuple(sorted(kwargs.items())), identity)
    try:
        hash(key)
    except TypeError as error:
        raise TypeError(
            f"{function.__qualname__} is cached by its arguments, which have to be hashable: {error}; pass "
            "texts, numbers or tuples"
        ) from error
    return key


class cached:
    """Keep what a method returns, by its arguments, for each instance of the data source.

    Calls with equal arguments that come while one is under way wait for it. Errors are given to those who
    wait and are not kept. Where Grafana forwards a user's token or cookies, each user has
    values of their own. `self.method.clear()` forgets all; a change of the settings makes a new instance,
    whose cache is empty.

    What is kept is shared by threads: treat it as unchangeable.

    Args:
        seconds: how long a value is kept.
        most: how many values are kept; the least recently used go first.

    Examples:
        >>> class Source:
        ...     calls = 0
        ...     @cached(seconds=60)
        ...     def stations(self, region: str) -> list[str]:
        ...         self.calls += 1
        ...         return [f"{region}-1"]
        >>> source = Source()
        >>> source.stations("eu"), source.stations("eu"), source.calls
        (['eu-1'], ['eu-1'], 1)
    """

    def __init__(self, *, seconds: float, most: int = 1000) -> None:
        if seconds <= 0 or most < 1:
            raise ValueError(f"cached(seconds={seconds}, most={most}): both have to be positive")
        self._seconds = seconds
        self._most = most

    def __call__(self, function: Callable[Concatenate[Any, P], R]) -> _Descriptor[P, R]:
        """Return the method in its cached form.

        Raises:
            TypeError: it is a generator, whose values can be read once only.
        """
        return _Descriptor(function, self._seconds, self._most)


class _Descriptor(Generic[P, R]):
    def __init__(self, function: Callable[..., Any], seconds: float, most: int) -> None:
        import inspect

        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"{function.__qualname__} is a generator, which cannot be cached; return a list")
        self._function = function
        self._limits = (seconds, most)
        self._kind: type[CachedMethod[P, R]] = (
            CachedCoroutine if inspect.iscoroutinefunction(function) else CachedMethod
        )
        self.__doc__ = function.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        self._attribute = f"_cached_{name}"

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type | None = None) -> CachedMethod[P, R]: ...

    def __get__(self, instance: object | None, owner: type | None = None) -> CachedMethod[P, R] | Self:
        if instance is None:
            return self
        entries = instance.__dict__.get(self._attribute)
        if entries is None:
            with _creating:
                entries = instance.__dict__.setdefault(self._attribute, Entries(*self._limits))
        return self._kind(entries, self._function.__get__(instance))
