"""Adds an ability to an existing plugin: the plugin as it would have been created with it, merged in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin_cli.errors import ProjectError, choice_error
from plugin_cli.project import find_project
from plugin_cli.scaffold.answers import Tool, can_do_without_backend, check_answers, render_plugin
from plugin_cli.scaffold.foreign import overlay, read_foreign
from plugin_cli.scaffold.merge import Merge, apply, merge, require_clean
from plugin_cli.scaffold.state import read_answers, read_base, state_files

FEATURES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "alerting": ("alert rules may query the plugin; an example rule", {"alerting": True}),
    "annotations": ("queries can annotate dashboards", {"annotations": True}),
    "ci": ("GitHub workflows for tests and releases", {"ci": True}),
    "stream": ("the sample query can go on with live values", {"stream": True}),
    "e2e": ("tests in a browser against a running Grafana, with @grafana/plugin-e2e", {"e2e": True}),
    "remote": ("a Dockerfile and manifests for a backend on other machines", {"remote": True}),
    "backend": ("a Python backend", {"backend": True}),
    "react": ("TypeScript editors instead of generated ones", {"frontend": "react"}),
}


@dataclass(frozen=True)
class AddResult:
    """What was changed, or would be.

    Attributes:
        root: the plugin's folder.
        is_there: the plugin has the feature already, and nothing was done.
        merge: what became of each file.
    """

    root: Path
    is_there: bool
    merge: Merge


def features(templates: Path) -> dict[str, str]:
    """Return what can be added in this version, with a description of each."""
    # Where every plugin has a backend there is nothing to add.
    missing = () if can_do_without_backend(templates) else ("backend",)
    return {name: text for name, (text, _) in FEATURES.items() if name not in missing}


def add(root: Path, feature: str, tool: Tool, *, trust: bool = False, dry_run: bool = False) -> AddResult:
    """Merge a feature into the plugin, offline.

    Args:
        root: the plugin's folder, or one below it.
        feature: a key of `FEATURES`.
        tool: the running tool.
        trust: whether an organisation's template over ours may run code.
        dry_run: report what would change and write nothing.

    Raises:
        UsageError: the feature does not exist, or does not fit this plugin.
        ProjectError: the plugin has uncommitted changes, or is not at the running tool's templates.
        ToolMissingError: git is not installed.
        PluginCliError: a file cannot be written; the plugin is as it was.
    """
    available = features(tool.templates)
    if feature not in available:
        raise choice_error("FEATURE", feature, available, command="plugin-cli add")
    root = find_project(root).root
    answers = read_answers(root, tool.templates)
    extended = answers.with_(**FEATURES[feature][1])
    if extended == answers:
        return AddResult(root, True, Merge())
    check_answers(extended, tool.templates)
    base, template = read_base(root), read_foreign(root, trust=trust)
    tool = tool.named_in(base)
    if overlay(template, render_plugin(answers, tool), answers, tool) != base:
        raise ProjectError(
            "the plugin is not at this version's templates",
            why=f"adding {feature} would mix two versions",
            remedy=f"plugin-cli update   (then: plugin-cli add {feature})",
        )
    if not dry_run:
        require_clean(root)
    new = overlay(template, render_plugin(extended, tool), extended, tool)
    merged = merge(root, base, new)
    if not dry_run:
        apply(root, merged.content | state_files(extended, tool.version, new), merged.removed)
    return AddResult(root, False, merged)
