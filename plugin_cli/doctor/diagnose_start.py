"""Why Grafana could not start a plugin's backend, read from its log.

go-plugin reports "Unrecognized remote plugin message" for half a dozen causes and guesses at four of them;
the lines around it identify the cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from plugin_cli.session.grafana_log import parse_line
from plugin_cli.session.log import LogEntry

_NOISE = re.compile(r"Unrecognized remote plugin message:[ \t]*(?P<text>[^\n]*)")
_LIBRARY = re.compile(r"error while loading shared libraries: (?P<name>[^:\s]+)")
_GLIBC = re.compile(r"version [`'](?P<name>GLIBC(?:XX)?_[\d.]+)'? not found")
_ORIGIN = {"logger", "module", "pluginId", "timestamp", "caller"}
_TRACEBACK = "Traceback (most recent call last):"


@dataclass(frozen=True)
class Diagnosis:
    """One cause.

    Attributes:
        cause: a short name: `permission`, `architecture`, `loader`, `library`, `noise`, `cookie`, `crash`,
            `timeout`, `signature` or `exit`.
        what: the sentence.
        evidence: the words of the log that show it.
        remedy: what to do.
    """

    cause: str
    what: str
    evidence: str
    remedy: str


def diagnose(log: str, plugin_id: str | None = None) -> tuple[Diagnosis, ...]:
    """Return the causes that the log of a Grafana shows, each once, the surest first.

    Args:
        log: the text of the log, JSON or logfmt lines, or what one start printed.
        plugin_id: leave out what is about another plugin; None: take everything.
    """
    texts = [text for entry in _entries(log) if _about(entry, plugin_id) for text in _texts(entry)]
    whole = "\n".join(texts)
    found = [diagnosis for rule in _RULES for diagnosis in rule(whole)]
    unique = tuple({diagnosis.cause: diagnosis for diagnosis in reversed(found)}.values())[::-1]
    # Whoever crashed, was refused or lacks a library also ended before the handshake: that adds nothing.
    return tuple(item for item in unique if item.cause != "exit") or unique


def _entries(log: str) -> Iterator[LogEntry]:
    for line in log.splitlines():
        if line.strip():
            yield parse_line(line.rstrip(), 0.0)


def _about(entry: LogEntry, plugin_id: str | None) -> bool:
    logger = str(entry.fields.get("logger", ""))
    other = entry.fields.get("pluginId") or (
        logger.removeprefix("plugin.") if logger.startswith("plugin.") else None
    )
    return plugin_id is None or other is None or other == plugin_id


def _texts(entry: LogEntry) -> list[str]:
    # Where a line comes from would stand between the lines of a traceback.
    fields = [str(value) for name, value in entry.fields.items() if name not in _ORIGIN]
    return [entry.message, *fields]


def _permission(text: str) -> Iterator[Diagnosis]:
    for line in _lines(text, "permission denied", "operation not permitted"):
        if "fork/exec" in line or "gpx_" in line:
            yield Diagnosis(
                "permission",
                "the executable may not be run by Grafana's user",
                line,
                "chmod 0755 it (many zip tools lose modes, `plugin-cli package` keeps them); "
                "is the disk mounted noexec?",
            )


def _architecture(text: str) -> Iterator[Diagnosis]:
    for line in _lines(text, "exec format error"):
        yield Diagnosis(
            "architecture",
            "the executable is for another processor, or is not a program",
            line,
            "plugin-cli build linux   (linux/arm64 for an ARM machine)",
        )


def _loader(text: str) -> Iterator[Diagnosis]:
    for line in _lines(text, "no such file or directory"):
        if "fork/exec" in line:
            yield Diagnosis(
                "loader",
                "the executable is not there, or the program loader that it names is not",
                line,
                "see that the file is in the plugin's folder; if it is, it needs a C library that this image "
                "lacks: build it with `plugin-cli build`, whose bundle brings its own",
            )


def _library(text: str) -> Iterator[Diagnosis]:
    for pattern in (_LIBRARY, _GLIBC):
        for match in pattern.finditer(text):
            yield Diagnosis(
                "library",
                f"the machine has no {match['name']}",
                _line_at(text, match.start()),
                "build with `plugin-cli build` on glibc 2.35 or newer: the bundle brings its libraries",
            )


def _cookie(text: str) -> Iterator[Diagnosis]:
    for line in _lines(text, "These are not meant to be executed directly"):
        yield Diagnosis(
            "cookie",
            "the executable was started without grafana_plugin_type=datasource in its environment",
            line,
            "let Grafana start it; a wrapper script has to hand the environment on",
        )


def _crash(text: str) -> Iterator[Diagnosis]:
    start = text.find(_TRACEBACK)
    while start >= 0:
        traceback = _traceback(text[start:])
        yield Diagnosis(
            "crash",
            f"the plugin's code failed: {traceback.splitlines()[-1]}",
            traceback,
            "fix it; `plugin-cli health` runs the same code here",
        )
        start = text.find(_TRACEBACK, start + 1)


def _noise(text: str) -> Iterator[Diagnosis]:
    for match in _NOISE.finditer(text):
        text = match["text"].strip()
        if text and not text.startswith("This usually means"):
            yield Diagnosis(
                "noise",
                "the executable wrote something else on stdout before its handshake",
                text,
                "use logging or stderr: before `serve(...)` nothing may be printed, by a wrapper neither",
            )


def _timeout(text: str) -> Iterator[Diagnosis]:
    for line in _lines(text, "timeout while waiting for plugin to start"):
        yield Diagnosis(
            "timeout",
            "the plugin did not print its handshake within a minute",
            line,
            "keep __main__.py to the call of `serve` with the class as a string: it loads the rest later",
        )


def _signature(text: str) -> Iterator[Diagnosis]:
    for line in _lines(text, "problem with signature", "unsigned", "modified signature", "invalid signature"):
        if "Permitting unsigned" not in line:
            yield Diagnosis(
                "signature",
                "Grafana refuses the plugin's signature",
                line,
                "sign it (`plugin-cli sign`), or allow it: GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS=<id>",
            )


def _exit(text: str) -> Iterator[Diagnosis]:
    for line in _lines(
        text, "plugin exited before we could connect", "Unrecognized remote plugin message", "exit code"
    ):
        yield Diagnosis(
            "exit",
            "the executable exited before its handshake without a reason",
            line,
            "start it by hand on that machine: grafana_plugin_type=datasource ./gpx_...   and read it",
        )


_RULES = (
    _permission,
    _architecture,
    _library,
    _loader,
    _cookie,
    _crash,
    _noise,
    _timeout,
    _signature,
    _exit,
)


def _lines(text: str, *words: str) -> Iterator[str]:
    for line in text.splitlines():
        if any(word.lower() in line.lower() for word in words):
            yield line.strip()


def _line_at(text: str, position: int) -> str:
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return text[start : end if end >= 0 else None].strip()


def _traceback(text: str) -> str:
    """Return a traceback from its first line to the line of its exception."""
    kept: list[str] = []
    for line in text.splitlines():
        kept.append(line)
        if len(kept) > 1 and line and not line.startswith((" ", "\t")):
            break
    return "\n".join(kept)
