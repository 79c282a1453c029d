"""The rules of `plugin-cli validate`: what Grafana, its installer or its catalogue would refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from plugin_cli.release.built_plugin import BuiltPlugin
from plugin_cli.release.finding import Finding
from plugin_cli.release.rules import (
    catalogue,
    facts,
    files,
    frontend,
    metadata,
    names,
    programs,
    vulnerabilities,
)

Rule = Callable[[BuiltPlugin], Iterable[Finding]]

RULES: tuple[Rule, ...] = (
    metadata.check_metadata,
    metadata.check_ids,
    metadata.check_placeholders,
    metadata.check_logos,
    files.check_layout,
    names.check_names,
    names.check_same_names,
    files.check_kinds,
    files.check_nested,
    files.check_forbidden,
    files.check_executables,
    files.check_modes,
    programs.check_unknown_programs,
    programs.check_machines,
    programs.check_parts,
    facts.check_facts,
    files.check_documents,
    files.check_size,
    files.check_manifest,
    frontend.check_module,
    frontend.check_source_map,
    vulnerabilities.check_packages,
    catalogue.check_catalogue,
)


def check(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Yield what every rule finds, and what was found while the plugin was read."""
    yield from plugin.problems
    for rule in RULES if plugin.readable else (names.check_names,):
        yield from rule(plugin)
