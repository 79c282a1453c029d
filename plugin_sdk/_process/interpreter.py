"""What the whole interpreter shares: modules, builtins, functions of the standard library, limits.

A handler that breaks them breaks every later call, and Python itself then hangs rather than fails. So they
are compared once a second, by code that needs none of them: `check` may look up no builtin.
"""

from __future__ import annotations

import _imp
import sys
from typing import Any

_MODULES = (
    "builtins",
    "importlib",
    "sys",
    "os",
    "io",
    "time",
    "threading",
    "signal",
    "json",
    "logging",
    "traceback",
    "contextvars",
    "concurrent.futures.thread",
    "grpc",
    "grpc._server",
    "plugin_sdk",
    "plugin_sdk._log",
    "plugin_sdk._serving.server",
)
"""Without one of these in `sys.modules` a second copy is imported, whose state is not that of the first."""
_WHOLE = ("os", "time", "threading", "json")
"""Modules of which the runtime and its libraries use functions at any moment."""
_PROBES: tuple[tuple[str, tuple[Any, ...], Any], ...] = (
    ("isinstance", (1, int), True),
    ("issubclass", (bool, int), True),
    ("callable", (1,), False),
    ("len", ("ab",), 2),
    ("getattr", (1, "real"), 1),
    ("hasattr", (1, "nothing"), False),
    ("type", (1,), int),
    ("str", (1,), "1"),
    ("repr", (1,), "1"),
    ("max", (1, 2), 2),
    ("min", (1, 2), 1),
    ("sorted", ((2, 1),), [1, 2]),
    ("any", ((),), False),
    ("all", ((),), True),
)
"""Builtins that a handler may have replaced, and what they return."""
_LEAST_RECURSION = 100

_LOCKED_CHECKS = 10
"""How often in a row, once a second, the import lock may be found held."""

_lock_held = _imp.lock_held
_get_recursion_limit, _set_recursion_limit = sys.getrecursionlimit, sys.setrecursionlimit


class Interpreter:
    """Remembers what is shared as it is now, and checks that it is still there."""

    def __init__(self) -> None:
        self._sys = sys
        self._modules = sys.modules
        self._known = tuple((name, sys.modules[name]) for name in _MODULES if name in sys.modules)
        self._names = (_callables("builtins"), *map(_callables, _WHOLE))
        self._locked = 0
        self._recursion_limit = sys.getrecursionlimit()

    def check(self) -> str:
        """Return what the plugin's code has broken, or the empty string; never raise."""
        try:
            reason = (
                self._module()
                or self._function()
                or self._builtin()
                or self._importer()
                or self._import_lock()
                or self._threads()
                or self._recursion()
            )
        except:  # noqa: E722  # by now BaseException may be missing too
            reason = "the interpreter itself"
        return reason and "the plugin's code has broken what the whole process needs: " + reason

    def _module(self) -> str:
        if self._sys.modules is not self._modules:
            return "sys.modules is another dictionary"
        for name, module in self._known:
            if self._modules.get(name) is not module:
                return "sys.modules has lost the module " + name
        return ""

    def _function(self) -> str:
        for module, namespace, names in self._names:
            for name in names:
                if namespace.get(name) is None:
                    return module + "." + name + " is missing or None"
        return ""

    def _builtin(self) -> str:
        namespace = self._names[0][1]
        for name, arguments, expected in _PROBES:
            try:
                works = namespace[name](*arguments) == expected
            except:  # noqa: E722  # by now BaseException may be missing too
                works = False
            if not works:
                return "builtins." + name + " does not work"
        return ""

    def _import_lock(self) -> str:
        # Held for an instant by each import, and for ever by code that does not give it back.
        self._locked = self._locked + 1 if _lock_held() else 0
        return "the import lock is not given back" if self._locked > _LOCKED_CHECKS else ""

    def _threads(self) -> str:
        if self._sys.excepthook is None:
            return "sys.excepthook is None, so that no thread can be started"
        return ""

    def _importer(self) -> str:
        if not self._sys.meta_path or not self._sys.path_hooks:
            return "sys.meta_path or sys.path_hooks is empty, so that nothing can be imported"
        try:
            import plugin_sdk  # noqa: F401  # grpcio imports in every call, what is there already
        except:  # noqa: E722  # by now BaseException may be missing too
            return "an import fails, even of what is loaded"
        return ""

    def _recursion(self) -> str:
        limit = _get_recursion_limit()
        if limit >= _LEAST_RECURSION:
            return ""
        _set_recursion_limit(self._recursion_limit)  # the reason still has to be logged
        return "the recursion limit is " + limit.__str__()


def _callables(module: str) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """Return a module's name, its namespace, and which of its public names are callable."""
    namespace = vars(sys.modules[module])
    return module, namespace, tuple(name for name, value in namespace.items() if _is_needed(name, value))


def _is_needed(name: str, value: object) -> bool:
    is_public = not name.startswith("_") or name in ("__import__", "__build_class__")
    return is_public and callable(value) and name not in _OPTIONAL


_OPTIONAL = frozenset({"exit", "quit", "copyright", "credits", "license", "help"})
"""Names for people at a prompt, which may be deleted."""
