"""Grafana's settings in a development session, as environment variables: the same wherever it runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from plugin_cli.provisioning.expansion import variables_of
from plugin_cli.system.ports import LOOPBACK


def grafana_environment(
    plugin_id: str, composed: Mapping[str, str], provisioning: Path, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return Grafana's environment, in a container or on this machine; later words win.

    Args:
        plugin_id: allowed to be unsigned.
        composed: the service of docker-compose.yaml.
        provisioning: its files name variables; those that this process has are handed on.
        environ: this process's; every GF_* of it is handed on too.
    """
    needed = {
        "GF_DEFAULT_APP_MODE": "development",
        "GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS": plugin_id,
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_AUTH_ANONYMOUS_ORG_ROLE": "Admin",
        "GF_AUTH_BASIC_ENABLED": "false",
        "GF_LOG_FILTERS": f"plugin.{plugin_id}:debug",
        # Grafana itself sends no requests to the internet.
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
        "GF_PLUGINS_PREINSTALL_DISABLED": "true",
        "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED": "true",
        "GF_NEWS_NEWS_FEED_ENABLED": "false",
        # Read by `dev logs`.
        "GF_LOG_CONSOLE_FORMAT": "json",
    }
    named = {name: environ[name] for name in provisioned_variables(provisioning) if name in environ}
    passed = {name: value for name, value in environ.items() if name.startswith("GF_")}
    return needed | dict(composed) | named | passed


# What decides where Grafana listens and keeps its data: on this machine the session's own alone, whatever a
# compose file or this shell says for another Grafana.
_OWN_PREFIXES = ("GF_PATHS_", "GF_DATABASE_", "GF_SERVER_HTTP_", "GF_SERVER_CERT_", "GF_SERVER_SOCKET")
_OWN = {"GF_SERVER_PROTOCOL", "GF_SERVER_CDN_URL", "GF_LOG_MODE"}


def on_this_machine(
    environment: Mapping[str, str], folder: Path, provisioning: Path, port: int
) -> dict[str, str]:
    """Return the environment for a Grafana that runs as a process of this user.

    Args:
        environment: as for a container.
        folder: everything that Grafana writes goes below it.
        provisioning: what `$GF_PATHS_PROVISIONING` stands for in the plugin's files, as in Grafana's image.
        port: on 127.0.0.1.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(_OWN_PREFIXES) and name not in _OWN
    }
    return kept | {
        "GF_PATHS_DATA": str(folder / "data"),
        "GF_PATHS_LOGS": str(folder / "logs"),
        "GF_PATHS_PLUGINS": str(folder / "plugins"),
        "GF_PATHS_PROVISIONING": str(provisioning),
        "GF_DATABASE_TYPE": "sqlite3",
        "GF_SERVER_PROTOCOL": "http",
        "GF_SERVER_HTTP_ADDR": LOOPBACK,
        "GF_SERVER_HTTP_PORT": str(port),
        "GF_LOG_MODE": "console",
    }


def provisioned_variables(folder: Path) -> set[str]:
    """Return the names of the environment variables that provisioning files use."""
    found: set[str] = set()
    for path in _provisioning_files(folder):
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found |= set(variables_of(text))
    return found


def _provisioning_files(folder: Path) -> Iterable[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.suffix in {".yaml", ".yml"} and path.is_file())
