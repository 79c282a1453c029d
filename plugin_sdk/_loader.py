"""Loads the author's code behind the handshake, and remembers why it could not be loaded."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from plugin_sdk import _log

if TYPE_CHECKING:
    from plugin_sdk._plugin import Plugin


class LoadError(Exception):
    """The author's code cannot be loaded; the text is the reason, for whoever calls the plugin."""


class Loader:
    """Imports `module:Class` in a thread of its own and hands out the plugin once it is there.

    Args:
        target: an import string, or the class itself.
        on_instances: told the number of living instances each time one was made.
    """

    def __init__(self, target: str | type, on_instances: Callable[[int], None] = lambda _count: None) -> None:
        self._target = target
        self._on_instances = on_instances
        self._done = threading.Event()
        self._plugin: Plugin | None = None
        self._reason = ""

    def start(self) -> None:
        """Begin to load; returns at once."""
        threading.Thread(target=self._load, name="load-plugin", daemon=True).start()

    def plugin(self) -> Plugin:
        """Return the loaded plugin, waiting until it is there.

        Raises:
            LoadError: it could not be loaded, with the reason.
        """
        if self._plugin is None:
            self._done.wait()
            if self._plugin is None:
                raise LoadError(self._reason)
        return self._plugin

    def loaded(self, wait_seconds: float = 0) -> Plugin | None:
        """Return the plugin if it is there already, or within `wait_seconds`."""
        self._done.wait(wait_seconds)
        return self._plugin

    def _load(self) -> None:
        try:
            from plugin_sdk._plugin import Plugin

            self._plugin = Plugin(_resolve(self._target), on_instances=self._on_instances)
        except BaseException as error:
            self._reason = f"the plugin's code could not be loaded: {describe(error)}"
            _log.log_exception("the plugin's code could not be loaded", error)
        finally:
            self._done.set()


def _resolve(target: str | type) -> type:
    if not isinstance(target, str):
        return target
    module_name, _, class_name = target.partition(":")
    if not module_name or not class_name:
        raise ValueError(f'{target!r} is not of the form "package.module:Class"')
    module = importlib.import_module(module_name)
    found: object = module
    for part in class_name.split("."):
        if not hasattr(found, part):
            raise AttributeError(f"module {module_name!r} has no {class_name!r}")
        found = getattr(found, part)
    return found  # type: ignore[return-value]  # what it is, Plugin checks


def describe(error: BaseException) -> str:
    """Return the reason in one line, with the place in the author's own code."""
    import traceback
    from pathlib import Path

    if isinstance(error, SyntaxError):
        name = Path(error.filename).name if error.filename else "?"
        return f"{type(error).__name__}: {error.msg} ({name}, line {error.lineno})"
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_authors(frame.filename)]
    return f"{text} ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else text


def _is_authors(filename: str) -> bool:
    from pathlib import Path

    parts = Path(filename).parts
    return (
        not filename.startswith("<")
        and "site-packages" not in parts
        and "plugin_sdk" not in parts
        and not any(part.startswith("python3") or part == "importlib" for part in parts)
    )
