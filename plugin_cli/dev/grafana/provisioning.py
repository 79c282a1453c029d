"""A changed provisioning file under a running Grafana, which reads them when it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from plugin_cli.console import Console
from plugin_cli.dev.grafana.reload import ROUTE
from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project
from plugin_cli.provisioning.read import load_settings
from plugin_cli.session.log import LogWriter
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.watcher import source_filter, watching

_START_AGAIN = "plugin-cli dev down, then dev up"


@contextmanager
def watch_provisioning(
    project: Project, folder: SessionFolder, reload: Callable[[], str], console: Console, log: LogWriter
) -> Iterator[None]:
    """Have changes taken over inside the block, or say how they are.

    Args:
        project: the plugin.
        folder: of the session, where a file that cannot be read is noted.
        reload: has Grafana read the data sources again; returns why it does not.
        console: takes warnings.
        log: gets a line for each change.
    """
    sources = project.provisioning / "datasources"

    def changed(paths: frozenset[Path]) -> None:
        names = ", ".join(sorted(str(path.relative_to(project.root)) for path in paths)[:5])
        try:
            load_settings(project)
            folder.write_problem("")
        except PluginCliError as error:
            folder.write_problem(str(error))
            log.line("dev", "error", "Grafana keeps the settings it has", reason=str(error))
            console.warn(f"Grafana keeps the settings it has: {error}")
            return
        reason = reload() if any(path.is_relative_to(sources) for path in paths) else ""
        if all(path.is_relative_to(sources) for path in paths) and not reason:
            log.line("dev", "info", f"Grafana has reloaded its data sources: {names}")
            return
        warning = f"changed: {names}; Grafana reads provisioning when it starts: {_START_AGAIN}"
        log.line("dev", "warn", f"{warning}, or as its administrator: POST {ROUTE}", **_because(reason))
        console.warn(warning)

    with watching(
        [project.provisioning],
        source_filter(project.root),
        changed,
        on_error=partial(log.line, "dev", "error"),
    ):
        yield


def _because(reason: str) -> dict[str, str]:
    return {"reason": reason} if reason else {}
