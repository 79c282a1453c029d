"""Loads the author's code after the handshake, and keeps the reason if it cannot be loaded."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from plugin_sdk import _log

if TYPE_CHECKING:
    from plugin_sdk._serving.plugin import Plugin


LOADED, NOT_LOADED, DESCRIBED = "plugin-loaded", "plugin-not-loaded", "plugin-described"
"""The field `event` of the log lines from which `plugin-cli dev` learns how loading went."""


class Loader:
    """Imports `module:Class` in its own thread and provides the plugin once it is loaded.

    Args:
        target: an import string, or the class itself.
        on_instances: called with the number of active instances each time one is created.
    """

    def __init__(self, target: str | type, on_instances: Callable[[int], None] = lambda _count: None) -> None:
        self._target = target
        self._on_instances = on_instances
        self._done = threading.Event()
        self._plugin: Plugin | None = None
        self._reason = "the plugin's code could not be loaded"
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """Start to load, and return immediately."""
        self.thread = threading.Thread(target=self._load, name="load-plugin", daemon=True)
        self.thread.start()

    def plugin(self) -> Plugin:
        """Return the plugin, waiting until it is loaded.

        Raises:
            LoadError: it could not be loaded; the text is the reason.
        """
        if self._plugin is None:
            self._done.wait()
            if self._plugin is None:
                from plugin_sdk.errors import LoadError

                raise LoadError(self._reason)
        return self._plugin

    def is_done(self) -> bool:
        """Return True if the code is loaded, or could not be."""
        return self._done.is_set()

    def loaded(self, wait_seconds: float = 0) -> Plugin | None:
        """Return the plugin if it is loaded within `wait_seconds`, or None."""
        self._done.wait(wait_seconds)
        return self._plugin

    def _load(self) -> None:
        try:
            from plugin_sdk._serving.plugin import Plugin

            self._plugin = Plugin(_resolve(self._target), on_instances=self._on_instances)
            _report("the plugin's code is loaded", LOADED)
        except BaseException as error:
            self._record_failure(error)
        finally:
            self._done.set()
        self._write_schema()

    def _write_schema(self) -> None:
        """Write the schema of the editors for `plugin-cli dev`, after the plugin is available to calls."""
        path = os.environ.get("PLUGIN_CLI_SCHEMA_FILE")
        if not path or self._plugin is None:
            return
        from plugin_sdk.schema import write_schema

        try:
            write_schema(self._plugin.cls, path)
        except OSError as error:
            _log.log_exception("the schema of the models could not be written", error)
        _report("the models are described", DESCRIBED)

    def _record_failure(self, error: BaseException) -> None:
        from plugin_sdk._author_location import location_of
        from plugin_sdk._serving.load_errors import describe
        from plugin_sdk.errors import LoadError

        module = self._target.partition(":")[0] if isinstance(self._target, str) else ""
        self._reason = (
            # The module raised it deliberately: its text is the whole reason.
            str(error)
            if isinstance(error, LoadError)
            else f"the plugin's code could not be loaded: {describe(error, module)}"
        )
        location = location_of(error)
        facts = {"file": location.file, "line": location.line} if location else {}
        _log.log_exception(
            "the plugin's code could not be loaded", error, event=NOT_LOADED, reason=self._reason, **facts
        )


def _report(message: str, event: str) -> None:
    # `plugin-cli dev` waits for this line, whatever log level the author has set.
    if _log.enabled("debug") or os.environ.get("PLUGIN_CLI_DEV"):
        _log.write_line(_log.encode("debug", message, {"event": event}))


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
            from plugin_sdk._serving.load_errors import missing_class

            raise missing_class(module, class_name)
        found = getattr(found, part)
    return found  # type: ignore[return-value]  # Plugin checks its type
