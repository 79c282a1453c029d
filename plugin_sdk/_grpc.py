"""`import grpc` without what a sync server never uses.

Half of the import is asyncio (40 modules and ssl) and grpc.aio, which cygrpc and grpc import at their top
but do not touch until an asyncio server or client is made. While grpc is imported, `asyncio` is a stand-in
that turns into the real module at its first use, and `grpc.aio` is left out; both can be imported as usual
afterwards. Where asyncio or grpc is loaded already nothing is done.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any


class _LaterAsyncio(types.ModuleType):
    """Stands for asyncio inside grpc's compiled module, which keeps the reference it imported."""

    importing = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if _LaterAsyncio.importing:
            # Asked for at import only to be subclassed or named in an annotation.
            return type(name, (), {})
        return getattr(importlib.import_module("asyncio"), name)


def import_grpc() -> types.ModuleType:
    """Import and return grpc."""
    if "grpc" in sys.modules or "asyncio" in sys.modules:
        return importlib.import_module("grpc")
    sys.modules["asyncio"] = _LaterAsyncio("asyncio")
    sys.modules["grpc.aio"] = types.ModuleType("grpc.aio")
    try:
        grpc = importlib.import_module("grpc")
    finally:
        _LaterAsyncio.importing = False
        del sys.modules["asyncio"]
        del sys.modules["grpc.aio"]
    if not hasattr(getattr(grpc, "aio", None), "server"):
        # `import grpc.aio` shall find the real one later.
        vars(grpc).pop("aio", None)
    return grpc
