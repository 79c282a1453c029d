"""`dev logs`: the kept log lines of the plugin and of Grafana, by level and number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from plugin_cli.errors import PluginCliError
from plugin_cli.project import find_root
from plugin_cli.session.log import LogEntry, follow_log, level_filter, read_log
from plugin_cli.session.record import session_folder


def dev_logs(
    root: Path, *, level: str | None = None, follow: bool = False, tail: int | None = None
) -> Iterator[LogEntry]:
    """Return the lines, oldest first, as they come.

    Args:
        root: a folder inside the plugin's repository.
        level: this level and above; None: all.
        follow: go on until the session ends.
        tail: the last so many; None: all.

    Raises:
        UsageError: no such level.
        PluginCliError: no session has run.
    """
    folder = session_folder(find_root(root))
    is_shown = level_filter(level)
    if not folder.log.is_file():
        raise PluginCliError("there are no logs: no session runs for this plugin", remedy="plugin-cli dev up")
    if not follow:
        entries = [entry for entry in read_log(folder.log) if is_shown(entry)]
        return iter(entries if tail is None else entries[max(0, len(entries) - tail) :])
    return (entry for entry in follow_log(folder.log, folder.owned) if is_shown(entry))
