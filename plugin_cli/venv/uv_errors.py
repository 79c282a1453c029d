"""What uv's failures mean, in a sentence each."""

from __future__ import annotations

import re

from plugin_cli.system.process import Completed
from plugin_cli.errors import PluginCliError, ProjectError, ToolFailedError

_UNREACHABLE = (
    "error sending request",
    "failed to fetch",
    "dns error",
    "could not connect",
    "connection refused",
    "tcp connect error",
    "operation timed out",
    "network is unreachable",
)
_NOT_WRITABLE = ("permission denied", "read-only file system", "no space left on device")
_UNKNOWN = re.compile(
    r"[Bb]ecause (?P<name>[\w.-]+) was not found|there (?:are|is) no versions? of (?P<version>[^\s,]+)"
    r"|only (?P<only>[\w.-]+)[<>=!~]\S* (?:is|are) available"
)


def explain(done: Completed, what: str, folder: str = "the plugin's folder") -> PluginCliError:
    """Return the error for a failed run of uv; a ToolFailedError is worth one more try offline."""
    said = done.stderr.lower()
    if any(words in said for words in _NOT_WRITABLE):
        writable = f"make {folder} writable and see that the disk has room"
        return PluginCliError(what, why=_reason(done.stderr), remedy=writable)
    remedy: str | None = None
    if any(words in said for words in _UNREACHABLE):
        what = f"{what}: no package index can be reached"
        remedy = "connect to the network, or name your index: export UV_DEFAULT_INDEX=<URL>"
    elif "no solution found" in said:
        return _unsolvable(done)
    return ToolFailedError(
        what, command=done.argv, returncode=done.returncode, output=done.stderr, remedy=remedy
    )


def _unsolvable(done: Completed) -> ProjectError:
    match = _UNKNOWN.search(done.stderr)
    name = next((part for part in match.groups() if part), "") if match else ""
    what = f"dependency {name!r} of the plugin is not to be had" if name else "the dependencies conflict"
    return ProjectError(
        what, why=_reason(done.stderr), remedy="correct [project] dependencies in pyproject.toml"
    )


def _reason(text: str) -> str:
    """Return uv's words without its drawing characters."""
    lines = (re.sub(r"^[^\w'\"`(]+|^\s*(?:error|cause):\s*", "", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)[:2000]
