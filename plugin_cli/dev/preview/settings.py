"""The preview's data source, read from its file again whenever that changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from plugin_cli.console import Console
from plugin_cli.dev.preview.data_source import DataSourceStore
from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project
from plugin_cli.provisioning.read import is_editable, load_settings, unset_variables
from plugin_cli.session.log import LogWriter


class DevSettings:
    """Holds the data source as it was last read without a fault; a file that cannot be read leaves that.

    Args:
        project: the plugin.
        settings_file: read instead of provisioning/.
        console: takes warnings.

    Raises:
        UsageError: the file does not exist.
        ProjectError: provisioning/ cannot be read.
    """

    def __init__(self, project: Project, settings_file: Path | None, console: Console) -> None:
        self._project = project
        self._file = settings_file.resolve() if settings_file is not None else None
        self._console = console
        self._warned: set[str] = set()
        settings = load_settings(project, settings_file=self._file)
        self.store = DataSourceStore(settings, read_only=self._is_read_only())
        self._warn_of_unset()

    @property
    def folder(self) -> Path:
        """What is to be watched; not what lies in its folders, where it holds a settings file."""
        return self._project.provisioning if self._file is None else self._file.parent

    @property
    def is_provisioned(self) -> bool:
        """Say whether the data source comes from provisioning/."""
        return self._file is None

    def concerns(self, path: Path) -> bool:
        """Say whether a change of `path` may change the data source."""
        if self._file is not None:
            return path == self._file
        return path.is_relative_to(self._project.provisioning / "datasources")

    def reload(self, log: LogWriter, changed: Callable[[], None]) -> None:
        """Read the data source again, secrets included, and report the outcome.

        Args:
            log: gets a line in any case.
            changed: called when pages and channels have something new to show.
        """
        try:
            settings = load_settings(self._project, settings_file=self._file)
            read_only = self._is_read_only()
        except PluginCliError as error:
            self.store.problem = str(error)
            log.line("dev", "error", "the data source keeps its last settings", reason=str(error))
            self._console.warn(f"the data source keeps its last settings: {error}")
        else:
            self.store.problem = ""
            self.store.reload(settings, read_only=read_only)
            log.line("dev", "info", "the data source has new settings")
            self._warn_of_unset()
        changed()

    def _is_read_only(self) -> bool:
        return self._file is None and not is_editable(self._project)

    def _warn_of_unset(self) -> None:
        for name, path in unset_variables(self._project, settings_file=self._file):
            if name not in self._warned:
                self._warned.add(name)
                self._console.warn(
                    f"${name} is not set; {path.name} takes it from the environment of `dev up` "
                    f"(export {name}=..., then start it again)"
                )
