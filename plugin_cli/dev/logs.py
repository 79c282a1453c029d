"""`dev logs`: what plugin and Grafana said in the development session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.errors import PluginCliError
from plugin_cli.project import find_root
from plugin_cli.session.log import LogEntry, follow_log, level_filter, read_log
from plugin_cli.session.record import session_folder


@dataclass(frozen=True)
class DevLogsRequest:
    """Which lines to show.

    Attributes:
        root: a folder inside the plugin's repository.
        level: this level and above; None: all.
        follow: go on until the session ends.
        tail: the last so many; None: all.
    """

    root: Path
    level: str | None = None
    follow: bool = False
    tail: int | None = None


def dev_logs(request: DevLogsRequest) -> Iterator[LogEntry]:
    """Return the lines, oldest first, as they come.

    Raises:
        UsageError: no such level.
        PluginCliError: no session has run.
    """
    folder = session_folder(find_root(request.root))
    wanted = level_filter(request.level)
    if not folder.log.is_file():
        raise PluginCliError("there are no logs: no session runs for this plugin", remedy="plugin-cli dev up")
    if not request.follow:
        entries = [entry for entry in read_log(folder.log) if wanted(entry)]
        return iter(entries if request.tail is None else entries[max(0, len(entries) - request.tail) :])
    return (entry for entry in follow_log(folder.log, folder.owned) if wanted(entry))
