"""The frontend of a development session that runs from source: made from the models, outside dist/."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin_cli.build.frontend.node import has_own_frontend
from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError, ProjectError, disk_error
from plugin_cli.project import Project
from plugin_cli.provisioning.unknown_fields import unknown_fields


@dataclass(frozen=True)
class Frontend:
    """The plugin's schema as the editors are made from it, or why there is none."""

    schema: dict[str, Any] | None
    error: str = ""


class DevFrontend:
    """The newest schema, and module.js made from it in `folder`.

    Args:
        project: the plugin.
        folder: where module.js goes; a plugin with a frontend of its own gets none.
        console: takes the status while the plugin's environment is made.
        described: the running backend's `{"schema"}` or `{"error"}`; None where it gives none.
    """

    def __init__(
        self,
        project: Project,
        folder: Path,
        console: Console,
        described: Callable[[], dict[str, Any] | None] = lambda: None,
    ) -> None:
        self._project = project
        self._folder = folder
        self._console = console
        self._described = described
        self._warned: set[str] = set()
        self._lock = threading.Lock()
        self._frontend = Frontend(None, "the models were not read yet")

    def __call__(self) -> Frontend:
        """Return the newest schema."""
        return self._frontend

    def make(self) -> Frontend:
        """Read the models again; on failure keep the last module.js and report the reason."""
        with self._lock:
            try:
                schema = self._schema()
                if not has_own_frontend(self._project):
                    self._write(schema)
                self._frontend = Frontend(schema)
                self._warn(schema)
            except PluginCliError as error:
                self._frontend = Frontend(self._frontend.schema, str(error))
            except OSError as error:
                self._frontend = Frontend(self._frontend.schema, str(disk_error(self._folder, error)))
            return self._frontend

    def _warn(self, schema: dict[str, Any]) -> None:
        """Name what provisioning/ says and no model field takes, each once a session."""
        for sentence in unknown_fields(self._project, schema):
            if sentence not in self._warned:
                self._warned.add(sentence)
                self._console.warn(sentence)

    def _schema(self) -> dict[str, Any]:
        from plugin_cli.build.schema.read import plugin_schema
        from plugin_cli.venv.create import ensure_environment

        found = self._described()
        if found is None:
            return plugin_schema(self._project, ensure_environment(self._project, self._console))
        if "error" in found:
            raise ProjectError(str(found["error"]))
        return dict(found["schema"])

    def _write(self, schema: dict[str, object]) -> None:
        from plugin_cli.build.frontend.generated import write_frontend

        self._folder.mkdir(parents=True, exist_ok=True)
        write_frontend(self._project, schema, self._folder)

    def clear(self) -> None:
        """Remove what was made."""
        shutil.rmtree(self._folder, ignore_errors=True)
