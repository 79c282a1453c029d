"""Runs npm, and what its failures mean in a sentence each."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from pathlib import Path

from plugin_cli.errors import PluginCliError, ToolFailedError
from plugin_cli.system.process import run, run_unless_stopped
from plugin_cli.venv.node import Node

_UNREACHABLE = re.compile(
    r"\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT"
    r"|ENOTCACHED|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT_LOCALLY)\b"
)
_CERTIFICATE = ("SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY")
_NOT_WRITABLE = re.compile(r"\b(EACCES|EPERM|EROFS|ENOSPC|EDQUOT)\b")


def run_npm(
    node: Node,
    arguments: Sequence[str | Path],
    *,
    what: str,
    cwd: Path,
    stopped: threading.Event | None = None,
) -> None:
    """Run npm in a folder.

    Args:
        node: the Node that runs it, and every script.
        arguments: of npm.
        what: the sentence of the error when it fails.
        cwd: the folder with package.json.
        stopped: set by another thread when the result is no longer needed.

    Raises:
        PluginCliError: it cannot reach the registry, or cannot write.
        ToolFailedError: it failed.
        StoppedError: `stopped` was set.
    """
    command = [*node.npm, *arguments]
    try:
        if stopped is None:
            run(command, what=what, cwd=cwd, env=node.environment())
        else:
            run_unless_stopped(command, stopped, what=what, cwd=cwd, env=node.environment())
    except ToolFailedError as error:
        raise explain(error, cwd) from error


def explain(error: ToolFailedError, cwd: Path) -> PluginCliError:
    """Return the error for a failed run of npm; the one given where nothing is known of it."""
    found = _UNREACHABLE.search(error.output)
    if found is not None:
        why = _line(error.output, found.start())
        if found[1] in _CERTIFICATE:
            remedy = "name your company's certificates: export NODE_EXTRA_CA_CERTS=<FILE>"
            return PluginCliError(f"{error.what}: the npm registry is not trusted", why=why, remedy=remedy)
        remedy = "connect to the network, or name your registry: export npm_config_registry=<URL>"
        return PluginCliError(f"{error.what}: the npm registry cannot be reached", why=why, remedy=remedy)
    found = _NOT_WRITABLE.search(error.output)
    if found is not None:
        remedy = f"make {cwd} and npm's cache (npm config get cache) writable and see that the disk has room"
        return PluginCliError(error.what, why=_line(error.output, found.start()), remedy=remedy)
    return error


def _line(text: str, position: int) -> str:
    start = text.rfind("\n", 0, position) + 1
    return text[start:].partition("\n")[0].strip()[:300]
