"""Waiting until Grafana lists the plugin and its backend answers; the log only gives the reason where not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from plugin_cli.dev.grafana.http import GrafanaClient, Progress
from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project
from plugin_cli.session.grafana_log import concerns, parse_line
from plugin_cli.session.log import LogEntry, LogWriter, rank, read_log

_READY_SECONDS = 120.0
# Grafana answers its health check after it has loaded its plugins: one not listed soon after never will be.
_REGISTER_SECONDS = 10.0
_ANSWER_SECONDS = 20.0
_POLL_SECONDS = 0.25
SHOWN_LINES = 25
# The fields of a line that carry a reason; times and loggers do not.
_TELLING = {"error", "err", "reason", "path", "status"}


def wait_until_ready(
    project: Project,
    url: str,
    log: Path,
    problem: Callable[[], str | None],
    final_lines: Callable[[], list[str]],
) -> None:
    """Wait until Grafana lists the plugin and its backend has answered a health check.

    Args:
        project: the plugin.
        url: of Grafana.
        log: the session's log, whose warnings say why it does not come up.
        problem: returns why Grafana no longer runs, or None.
        final_lines: returns Grafana's final lines, shown where none of them is a warning about the plugin.

    Raises:
        PluginCliError: it does not come up; the message has its log lines.
    """
    grafana = GrafanaClient(url)
    uid = _provisioned_uid(project)
    started, up_since = time.monotonic(), 0.0
    try:
        while True:
            progress = grafana.progress(project.plugin_id, uid)
            if progress.backend:
                return
            now = time.monotonic()
            up_since = up_since or (now if progress.grafana else 0.0)
            reason = problem() or _overdue(progress, now - started, up_since and now - up_since)
            if reason is not None:
                raise _not_ready(project, reason, final_lines, log)
            time.sleep(_POLL_SECONDS)
    finally:
        grafana.close()


def copy_lines(stream: Iterable[bytes], plugin_id: str, log: LogWriter) -> None:
    """Write the lines that concern the plugin into the session's log, until the stream ends."""
    rest = b""
    try:
        for part in stream:
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                _keep(line, plugin_id, log)
    except Exception as error:  # Grafana or its engine went away; the owner notices that by itself
        log.line("dev", "debug", "Grafana's log ended", reason=str(error))
    if rest:
        _keep(rest, plugin_id, log)


def _keep(line: bytes, plugin_id: str, log: LogWriter) -> None:
    text = line.decode("utf-8", "replace").rstrip()
    if text:
        entry = parse_line(text, time.time())
        if concerns(entry, plugin_id):
            log.write(entry)


def _overdue(progress: Progress, waited: float, up: float) -> str | None:
    words = f": {progress.words}" if progress.words else ""
    if up > _REGISTER_SECONDS and not progress.registered:
        return f"Grafana runs but did not load the plugin{words}"
    if up > _ANSWER_SECONDS:
        return f"Grafana runs, but the plugin's backend does not answer{words}"
    return "Grafana did not answer in time" if waited > _READY_SECONDS else None


def _provisioned_uid(project: Project) -> str | None:
    """Return the data source whose health is checked; None if nothing is provisioned."""
    from plugin_cli.provisioning.read import load_settings

    folder = project.provisioning / "datasources"
    return load_settings(project).uid if any(folder.glob("*.y*ml")) else None


def _not_ready(
    project: Project, problem: str, final_lines: Callable[[], list[str]], log: Path
) -> PluginCliError:
    entries = [entry for entry in read_log(log) if rank(entry.level) >= rank("warn")]
    # Grafana repeats a line while it waits: once is enough.
    reasons = dict.fromkeys(_line(entry) for entry in entries)
    lines = "\n".join(reasons).splitlines()[-SHOWN_LINES:] or final_lines()
    return PluginCliError(
        f"Grafana did not come up with {project.plugin_id}: {problem}",
        why="\n".join(lines),
        remedy="plugin-cli validate   (and: plugin-cli doctor)",
    )


def _line(entry: LogEntry) -> str:
    short = {
        name: value for name, value in entry.fields.items() if "\n" not in str(value) and name in _TELLING
    }
    long = [str(value).rstrip() for value in entry.fields.values() if "\n" in str(value)]
    pairs = "".join(f" {name}={value}" for name, value in short.items())
    return "\n".join([f"{entry.level} {entry.message}{pairs}", *long])
