"""pydantic without what a plugin process never uses: 5 MiB and 25 ms of its start.

- `pydantic.plugin._loader` imports importlib.metadata (email, zipfile, tempfile, socket) to look for plugins
  of pydantic. The stand-in reads the same files itself, and leaves it to the real module where one is found.
- `pydantic.types` imports `secrets`, and with it OpenSSL, to compare secrets in constant time. The stand-in
  has that function alone; for any other, it becomes the real module.

Each is replaced only if it is not loaded yet, and `import secrets` anywhere else gets the real module.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from plugin_sdk._serving.lazy.later import Later

_LOADER, _TYPES = "pydantic.plugin._loader", "pydantic.types"
_SECTION = b"[pydantic]"
"""The group of entry points in which plugins of pydantic are registered."""


def install() -> None:
    """Replace both while pydantic is imported, whoever imports it."""
    if _LOADER not in sys.modules:
        sys.modules[_LOADER] = _Loader(_LOADER)
    if _TYPES not in sys.modules:
        sys.meta_path.insert(0, _TypesFinder())


class _Loader(Later):
    """Finds out whether any plugin of pydantic is installed."""

    def get_plugins(self) -> Iterable[Any]:
        """Return the installed plugins of pydantic, as the real module would."""
        found: Iterable[Any] = super().__getattr__("get_plugins")() if _has_plugins() else ()
        # The answer stays the same, and pydantic requests it with each model.
        vars(self)["get_plugins"] = lambda: found
        return found


def _has_plugins() -> bool:
    """Return True if an installed distribution may register a plugin of pydantic."""
    return any(_may_register(path or ".") for path in dict.fromkeys(sys.path))


def _may_register(folder: str) -> bool:
    try:
        names = os.listdir(folder)  # noqa: PTH208  # pathlib may not be loaded yet
    except NotADirectoryError:
        # An archive, which the real module reads; PyInstaller's contains the standard library alone.
        return os.path.basename(folder) != "base_library.zip"  # noqa: PTH119
    except OSError:
        return False
    infos = [name for name in names if name.endswith((".dist-info", ".egg-info"))]
    return any(_SECTION in _read(os.path.join(folder, name, "entry_points.txt")) for name in infos)  # noqa: PTH118


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return b""


class _TypesFinder:
    """Finds `pydantic.types` once, and has it imported with the stand-in for `secrets`."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return the module's own spec, with a loader that wraps its own."""
        if name != _TYPES:
            return None
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _TypesLoader(spec.loader)  # type: ignore[assignment]
                return spec
        return None


class _TypesLoader:
    """Executes the module while the stand-in for `secrets` is imported."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: Any) -> Any:
        """Return what the module's own loader creates."""
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        """Execute the module; afterwards it has its own loader again."""
        module.__spec__.loader = module.__loader__ = self._loader
        stand_in = None if "secrets" in sys.modules else _secrets()
        if stand_in is not None:
            sys.modules["secrets"] = stand_in
        try:
            self._loader.exec_module(module)
        finally:
            if stand_in is not None and sys.modules.get("secrets") is stand_in:
                del sys.modules["secrets"]


def _secrets() -> Later:
    from _operator import _compare_digest  # what `secrets` has where Python is built without OpenSSL

    module = Later("secrets")
    vars(module)["compare_digest"] = _compare_digest
    return module
