"""Starts the gate that was put into dist/: does it become a plugin, and does it say what it needs?"""

from __future__ import annotations

from pathlib import Path

from plugin_cli.errors import PluginCliError
from plugin_cli.system.process import run

_START_SECONDS = 60
_UNCONFIGURED = "does not say where the backend is"


def check_gate(executable: Path, plugin_id: str, version: str) -> None:
    """Raise unless the gate knows the plugin's version and answers a health check.

    Raises:
        PluginCliError: it does not start, or says something else than that it has no address.
    """
    from plugin_sdk.client import ClientError, PluginProcess, PluginStartError

    what = "the gate in dist/ does not start"
    found = run([executable, "-version"], what=what, timeout_seconds=_START_SECONDS).stdout.strip()
    try:
        with PluginProcess([executable], plugin_id=plugin_id, timeout_seconds=_START_SECONDS) as plugin:
            said = plugin.client.check_health().message
    except (PluginStartError, ClientError) as error:
        raise PluginCliError(what, why=str(error), remedy=f"run it by hand: {executable}") from error
    if found != version or _UNCONFIGURED not in said:
        raise PluginCliError(
            "the gate in dist/ is not of this plugin-cli",
            why=f"version {found!r} for {version!r}; without an address it said {said!r}",
            remedy="install one version of both: pip install -U grafana-plugin-cli grafana-plugin-cli-gate",
        )
