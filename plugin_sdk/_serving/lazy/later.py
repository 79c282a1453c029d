"""Modules that are imported on first use, although a library imports them at its top."""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any


class Later(types.ModuleType):
    """Stands in for a module inside a library, which keeps the reference it imported."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)
