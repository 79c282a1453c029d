"""The rules of Grafana's catalogue for plugins like this one."""

from __future__ import annotations

from collections.abc import Iterator

from plugin_cli.release.built_plugin import BuiltPlugin
from plugin_cli.release.finding import Finding


def check_catalogue(plugin: BuiltPlugin) -> Iterator[Finding]:
    """The catalogue takes no backend that is not written in Go; report it before one is submitted."""
    metadata = plugin.metadata() or {}
    if metadata.get("backend"):
        yield Finding(
            "catalogue",
            "notice",
            "plugin.json",
            "Grafana's public catalogue accepts backends written in Go only and refuses this one",
            "sign it privately for your own instances: plugin-cli sign --root-urls https://grafana.example.org\n"
            "       or load it unsigned: allow_loading_unsigned_plugins = "
            f"{metadata.get('id', '<id>')} in grafana.ini",
        )
    info = metadata.get("info")
    if isinstance(info, dict) and not info.get("description"):
        yield Finding(
            "description", "warning", "plugin.json", '"info.description" is missing', "write a sentence"
        )
