"""Where the running tool was installed from, which decides how a plugin's environment gets it."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlparse

from plugin_cli.errors import ToolMissingError, UsageError
from plugin_cli.system.parse import ParseError, parse_toml

DISTRIBUTION = "grafana-plugin-cli"


@dataclass(frozen=True)
class ToolSource:
    """The origin of the running tool.

    Attributes:
        kind: `index` published, `url` straight from a repository or an address, `local` from a folder
            or a wheel of this machine, which no other machine can install.
        requirement: for `url`, what installs exactly this tool anywhere.
        checkout: for an editable install, the folder whose code runs; None where the code lies in
            site-packages.
    """

    kind: Literal["index", "url", "local"]
    requirement: str | None = None
    checkout: Path | None = None


def path_of_url(path: str) -> Path:
    """Return the path that a `file:` URL names; Windows writes a drive there in a way of its own."""
    from urllib.request import url2pathname  # imports an HTTP client and OpenSSL

    return Path(url2pathname(path))


@cache
def tool_source() -> ToolSource:
    """Return where the running tool came from, by the record its installer left (PEP 610)."""
    record = installed_tool().read_text("direct_url.json")
    return ToolSource("index") if record is None else _from_record(json.loads(record))


def installed_tool() -> Distribution:
    """Return the installed distribution of the running tool.

    Raises:
        ToolMissingError: the code runs without being installed, so its origin is unknown.
    """
    try:
        return distribution(DISTRIBUTION)
    except PackageNotFoundError as error:
        raise ToolMissingError(
            "plugin-cli runs from a folder without being installed",
            why=f"no installed distribution {DISTRIBUTION} belongs to {sys.executable}",
            remedy="scripts/setup   (or: pip install -e .)",
        ) from error


def tool_requirement(address: str) -> str:
    """Return how pyproject.toml names the tool that is installed from `address`.

    Args:
        address: `git+https://...@REVISION`, the address of a wheel, or a requirement of the distribution.

    Raises:
        UsageError: it is none of these, is a path of this machine, or holds a password.
    """
    if re.match(rf"{DISTRIBUTION}(\[[\w, -]*\])?\s*(@|[<>=!~])\s*\S", address):
        return address
    parts = urlparse(address.removeprefix("git+"))
    if parts.scheme not in ("https", "http", "ssh") or not parts.hostname:
        raise UsageError(
            f"--tool does not take {address!r}",
            why="everybody who works on the plugin, and its workflows, install plugin-cli from there",
            remedy=f"--tool git+https://HOST/REPOSITORY@REVISION, --tool https://HOST/FILE.whl, "
            f'or --tool "{DISTRIBUTION}>=VERSION" where your own index has it',
        )
    if parts.password or (parts.username and parts.scheme != "ssh"):
        raise UsageError(
            "--tool takes no user name or password",
            why="pyproject.toml and uv.lock are committed, and everybody reads them",
            remedy="leave them out; git and uv take them from your credential helper or netrc",
        )
    return f"{DISTRIBUTION} @ {address}"


def pinned_requirement(pyproject: str) -> str | None:
    """Return how a pyproject.toml names the tool where that is an address; None for a version."""
    try:
        dependencies = parse_toml(pyproject).get("project", {}).get("dependencies", [])
    except ParseError:
        return None
    addresses = (text for text in dependencies if re.match(rf"{DISTRIBUTION}(\[[\w, -]*\])?\s*@", str(text)))
    return next(addresses, None)


def _from_record(record: dict[str, Any]) -> ToolSource:
    url = str(record["url"])
    if "vcs_info" in record:
        vcs = record["vcs_info"]
        folder = f"#subdirectory={record['subdirectory']}" if record.get("subdirectory") else ""
        return ToolSource("url", f"{DISTRIBUTION} @ {vcs['vcs']}+{url}@{vcs['commit_id']}{folder}")
    if urlparse(url).scheme != "file":
        return ToolSource("url", f"{DISTRIBUTION} @ {url}")
    if record.get("dir_info", {}).get("editable"):
        return ToolSource("local", checkout=path_of_url(urlparse(url).path))
    return ToolSource("local")
