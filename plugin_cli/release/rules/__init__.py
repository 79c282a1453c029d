"""The rules of `plugin-cli validate`: each says what Grafana, its installer or its catalogue would refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from plugin_cli.release.built_plugin import BuiltPlugin
from plugin_cli.release.rules import catalogue, files, frontend, metadata, vulnerabilities
from plugin_cli.release.rules.finding import Finding

Rule = Callable[[BuiltPlugin], Iterable[Finding]]

RULES: tuple[Rule, ...] = (
    metadata.check_metadata,
    metadata.check_ids,
    metadata.check_placeholders,
    metadata.check_logos,
    files.check_layout,
    files.check_links,
    files.check_nested,
    files.check_forbidden,
    files.check_executables,
    files.check_modes,
    files.check_documents,
    files.check_size,
    files.check_manifest,
    frontend.check_module,
    frontend.check_source_map,
    vulnerabilities.check_packages,
    catalogue.check_catalogue,
)


def check(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Yield what every rule finds."""
    for rule in RULES:
        yield from rule(plugin)
