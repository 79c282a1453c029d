"""Have a built plugin signed by Grafana's signing service."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from plugin_cli.errors import PluginCliError, ProjectError, UsageError

MANIFEST = "MANIFEST.txt"
_TOKENS = ("GRAFANA_ACCESS_POLICY_TOKEN", "GRAFANA_API_KEY")
_SERVICE = "https://grafana.com/api"


@dataclass(frozen=True)
class SignResult:
    """The written manifest and the number of files in it."""

    manifest: Path
    files: int


def sign(root: Path, *, root_urls: Sequence[str], environment: Mapping[str, str]) -> SignResult:
    """Post the list of files to the signing service and write its answer to dist/MANIFEST.txt.

    Args:
        root: the plugin's repository, or a folder in it.
        root_urls: the instances a private plugin is for; none for a public one.
        environment: where the token and the service's address are read from.

    Raises:
        UsageError: no token, or an address that is none.
        ProjectError: dist/ would be refused.
        PluginCliError: the service is unreachable or refuses.
    """
    from plugin_cli.project import find_project
    from plugin_cli.release.signing_service import SigningService

    token = _token(environment)
    urls = tuple(_checked_url(url) for url in root_urls)
    dist = find_project(root).dist
    files = _hashes(dist)
    manifest = _manifest(dist, files, urls)
    service = SigningService(_service_url(environment), token)
    text = service.sign(manifest)
    path = dist / MANIFEST
    partial = path.with_suffix(".partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # a read-only disk refuses even what is not there
            partial.unlink(missing_ok=True)
        raise PluginCliError(
            f"{path} cannot be written", why=str(error), remedy="make dist/ writable"
        ) from error
    return SignResult(path, len(files))


def _token(environment: Mapping[str, str]) -> str:
    token = next((environment[name] for name in _TOKENS if environment.get(name)), None)
    if token is None:
        raise UsageError(
            f"{_TOKENS[0]} is not set",
            why="the signing service needs an access policy token of your organisation (scope plugins:write)",
            remedy=f"export {_TOKENS[0]}=<token>   (made in your account at the service, under Security)",
        )
    return token.strip()


def _service_url(environment: Mapping[str, str]) -> str:
    url = (environment.get("GRAFANA_COM_URL") or _SERVICE).rstrip("/")
    parts = urlparse(url)
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise UsageError(
            f"GRAFANA_COM_URL does not take {url!r}",
            why="the token would go over the network unencrypted",
            remedy="use an https:// address",
        )
    return url


def _checked_url(url: str) -> str:
    parts = urlparse(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UsageError(
            f"--root-urls does not take {url!r}",
            why="expected the address of a Grafana instance",
            remedy="--root-urls https://grafana.example.org",
        )
    return url


def _hashes(dist: Path) -> dict[str, str]:
    from plugin_cli.release.open_plugin import open_plugin
    from plugin_cli.release.rules import check

    plugin = open_plugin(dist)
    plugin.entries.pop(MANIFEST, None)  # of an earlier signature
    errors = [finding for finding in check(plugin) if finding.severity == "error"]
    if errors:
        raise ProjectError(
            f"{dist} would not be accepted", why="\n".join(map(str, errors)), remedy="plugin-cli validate"
        )
    return {name: entry.content.sha256 for name, entry in sorted(plugin.entries.items())}


def _manifest(dist: Path, files: dict[str, str], urls: tuple[str, ...]) -> dict[str, Any]:
    from plugin_cli.release.open_plugin import open_plugin
    from plugin_sdk import __version__

    metadata = open_plugin(dist).metadata() or {}
    manifest: dict[str, Any] = {
        "plugin": metadata["id"],
        "version": metadata["info"]["version"],
        "files": files,
        "signPlugin": {"version": __version__},
    }
    if urls:
        manifest |= {"rootUrls": list(urls), "signatureType": "private"}
    return manifest
