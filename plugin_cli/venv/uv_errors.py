"""What uv's failures mean, in a sentence each."""

from __future__ import annotations

import os
import re
from pathlib import Path

from plugin_cli.errors import PluginCliError, ProjectError, ToolFailedError
from plugin_cli.system.process import Completed

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
_REFUSED = ("401 unauthorized", "403 forbidden", "valid authentication credentials")
_NETWORK = "connect to the network, or name your index: export UV_DEFAULT_INDEX=<URL>"
_CERTIFICATE = (
    "name the file of the authority that signed it: export SSL_CERT_FILE=<CA.pem>"
    "\nor take the system's authorities: export UV_SYSTEM_CERTS=1"
)
_CREDENTIALS = (
    "give user and token in the index's address: export UV_DEFAULT_INDEX=https://<USER>:<TOKEN>@<HOST>/simple"
    "\nor in ~/.netrc: machine <HOST> login <USER> password <TOKEN>"
)
_NOT_WRITABLE = ("permission denied", "read-only file system", "no space left on device")
_UNKNOWN = re.compile(
    r"[Bb]ecause (?P<name>[\w.-]+) was not found|there (?:are|is) no versions? of (?P<version>[^\s,]+)"
    r"|only (?P<only>[\w.-]+)[<>=!~]\S* (?:is|are) available"
)

_NEEDS = r"(?:you require|[\w.-]+ depends on)"
_UNSATISFIABLE = "we can conclude that your requirements are unsatisfiable"
_CONFLICT = re.compile(
    rf"{_NEEDS} ([^\s,]+) and ([^\s,]+), {_UNSATISFIABLE}"
    rf"|{_NEEDS} ([^\s,]+), we can conclude that {_NEEDS} [^\s,]+\."
    rf" And because {_NEEDS} ([^\s,]+), {_UNSATISFIABLE}"
)


def explain(done: Completed, what: str, folder: str = "the plugin's folder") -> PluginCliError:
    """Return the error for a failed run of uv; a ToolFailedError is worth one more try offline."""
    said = done.stderr.lower()
    if "failed to initialize cache" in said:
        remedy = "name a folder that you may write to: export UV_CACHE_DIR=<FOLDER>"
        return PluginCliError(
            f"{what}: uv's cache cannot be written", why=_reason(done.stderr), remedy=remedy
        )
    if any(words in said for words in _NOT_WRITABLE):
        writable = f"make {folder} writable and see that the disk has room"
        return PluginCliError(what, why=_reason(done.stderr), remedy=writable)
    if "peer certificate" in said:
        return _failed(done, f"{what}: the certificate of the package index is not trusted", _CERTIFICATE)
    if any(words in said for words in _REFUSED):
        return ProjectError(
            f"{what}: the package index refuses the credentials",
            why=_reason(done.stderr),
            remedy=_CREDENTIALS,
        )
    if any(words in said for words in _UNREACHABLE):
        return _failed(done, f"{what}: no package index can be reached", _NETWORK)
    if "no solution found" in said:
        return _unsolvable(done)
    return _failed(done, what, None)


def _failed(done: Completed, what: str, remedy: str | None) -> ToolFailedError:
    command, output = tuple(map(_masked, done.argv)), _masked(done.stderr)
    return ToolFailedError(what, command=command, returncode=done.returncode, output=output, remedy=remedy)


def _unsolvable(done: Completed) -> ProjectError:
    text = " ".join(done.stderr.split())
    conflict = _CONFLICT.search(text)
    if conflict is not None:
        one, other = filter(None, conflict.groups())
        return ProjectError(
            f"the dependencies {one} and {other} conflict",
            why=_reason(done.stderr),
            remedy="relax one of the two in [project] dependencies of pyproject.toml",
        )
    match = _UNKNOWN.search(done.stderr)
    name = next((part for part in match.groups() if part), "") if match else ""
    what = f"no package index has dependency {name!r} of the plugin" if name else "the dependencies conflict"
    remedy = "correct [project] dependencies in pyproject.toml"
    if name and (settings := _pip_settings()):
        remedy += f"\nor, if only pip's index has it ({settings}): "
        remedy += "export UV_INDEX=<URL>, since uv reads no pip settings"
    return ProjectError(what, why=_reason(done.stderr), remedy=remedy)


def _pip_settings() -> str:
    """Return where pip is configured to use another index; an empty string if it is not."""
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE"):
        if os.environ.get(name):
            return name
    home = Path("~").expanduser()
    files = (home / ".config/pip/pip.conf", home / ".pip/pip.conf", Path("/etc/pip.conf"))
    return next((str(path) for path in files if path.is_file()), "")


def _masked(text: str) -> str:
    """Return the text without the passwords in its addresses."""
    return re.sub(r"(://)[^/\s@]+@", r"\1****@", text)


def _reason(text: str) -> str:
    """Return uv's words without its drawing characters."""
    lines = (re.sub(r"^[^\w'\"`(]+|^\s*(?:error|cause):\s*", "", line).strip() for line in text.splitlines())
    return _masked("\n".join(line for line in lines if line))[:2000]
