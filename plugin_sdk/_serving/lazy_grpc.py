"""`import grpc` without what a sync server never uses.

Half of the import is asyncio (40 modules and ssl), grpc.aio, inspect and socket, which cygrpc and grpc import
at their top but do not touch until an asyncio server or client is made. While grpc is imported, stand-ins
take their places that turn into the real modules at their first use, and `grpc.aio` is left out; all can be
imported as usual afterwards. Where asyncio or grpc is loaded already nothing is done.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

_LATER = ("inspect", "pkgutil", "socket")


class _Later(types.ModuleType):
    """Stands for a module inside grpc's compiled one, which keeps the reference it imported."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


class _LaterAsyncio(_Later):
    importing = True

    def __getattr__(self, name: str) -> Any:
        if _LaterAsyncio.importing and not name.startswith("__"):
            # Asked for at import only to be subclassed or named in an annotation.
            return type(name, (), {})
        return super().__getattr__(name)


def _typing_extensions() -> types.ModuleType:
    """Return a stand-in for it with the one decorator that grpc's server takes; alone it imports inspect."""

    def override(function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    module = _Later("typing_extensions")
    vars(module)["override"] = override
    return module


def import_grpc() -> types.ModuleType:
    """Import and return grpc."""
    if "grpc" in sys.modules or "asyncio" in sys.modules:
        return importlib.import_module("grpc")
    made: list[types.ModuleType] = [_LaterAsyncio("asyncio"), types.ModuleType("grpc.aio")]
    made += [_typing_extensions(), *map(_Later, _LATER)]
    stand_ins = {module.__name__: module for module in made if module.__name__ not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        grpc = importlib.import_module("grpc")
        importlib.import_module("grpc._server")  # which grpc loads when the first server is made
    finally:
        _LaterAsyncio.importing = False
        for name, module in stand_ins.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
    if not hasattr(getattr(grpc, "aio", None), "server"):
        # `import grpc.aio` shall find the real one later.
        vars(grpc).pop("aio", None)
    return grpc
