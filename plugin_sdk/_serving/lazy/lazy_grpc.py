"""`import grpc` without what a sync server never uses.

Half of the import is asyncio (40 modules and ssl), grpc.aio, inspect and socket, which cygrpc and grpc import
at the top but do not use until an asyncio server or client is created. While grpc is imported, stand-ins
take their place, each of which becomes the real module on first use, and `grpc.aio` is left out; all of them
can be imported as usual afterwards. If asyncio or grpc is loaded already, nothing is replaced.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

from plugin_sdk._serving.lazy.later import Later

_LATER = ("inspect", "pkgutil", "socket")


class _LaterAsyncio(Later):
    importing = True

    def __getattr__(self, name: str) -> Any:
        if _LaterAsyncio.importing and not name.startswith("__"):
            # During the import, names are only subclassed or used in annotations.
            return type(name, (), {})
        return super().__getattr__(name)


def _typing_extensions() -> types.ModuleType:
    """Return a stand-in with the only decorator that grpc's server uses; the real one imports inspect."""

    def override(function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    module = Later("typing_extensions")
    vars(module)["override"] = override
    return module


def import_grpc() -> types.ModuleType:
    """Import and return grpc."""
    if "grpc" in sys.modules or "asyncio" in sys.modules:
        return importlib.import_module("grpc")
    made: list[types.ModuleType] = [_LaterAsyncio("asyncio"), types.ModuleType("grpc.aio")]
    made += [_typing_extensions(), *map(Later, _LATER)]
    stand_ins = {module.__name__: module for module in made if module.__name__ not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        grpc = importlib.import_module("grpc")
        importlib.import_module("grpc._server")  # which grpc loads with the first server
    finally:
        _LaterAsyncio.importing = False
        for name, module in stand_ins.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
    if not hasattr(getattr(grpc, "aio", None), "server"):
        # So that a later `import grpc.aio`, or `grpc.aio` without an import, finds the real one.
        vars(grpc).pop("aio", None)
        vars(grpc)["__getattr__"] = _aio_when_used
    return grpc


def _aio_when_used(name: str) -> Any:
    if name == "aio":
        return importlib.import_module("grpc.aio")
    raise AttributeError(f"module 'grpc' has no attribute {name!r}")
