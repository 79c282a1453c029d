"""Brings a plugin to the current templates, keeping what its author wrote."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from plugin_cli.errors import ProjectError
from plugin_cli.project import find_project
from plugin_cli.scaffold.answers import Tool, check_answers, render_plugin
from plugin_cli.scaffold.foreign import overlay, read_foreign
from plugin_cli.scaffold.merge import Merge, apply, merge, require_clean
from plugin_cli.scaffold.state import read_answers, read_base, read_version, state_files


@dataclass(frozen=True)
class UpdateResult:
    """What was changed, or would be.

    Attributes:
        root: the plugin's folder.
        from_version: the tool that made or last updated the plugin.
        to_version: the running tool.
        merge: what became of each file.
    """

    root: Path
    from_version: str
    to_version: str
    merge: Merge


def update(
    root: Path, tool: Tool, *, vcs_ref: str | None = None, trust: bool = False, dry_run: bool = False
) -> UpdateResult:
    """Merge the current templates into the plugin, offline.

    The base of the next update is replaced last, when every file is written.

    Args:
        root: the plugin's folder, or one below it.
        tool: the running tool.
        vcs_ref: the reference of an organisation's template over ours; None: its newest release.
        trust: whether that template may run code.
        dry_run: report what would change and write nothing.

    Raises:
        ProjectError: the plugin has uncommitted changes, was made by a newer tool, or its state is damaged.
        ToolMissingError: git is not installed.
        PluginCliError: a file cannot be written; the plugin is as it was.
    """
    root = find_project(root).root
    version = read_version(root)
    if _numbers(version) > _numbers(tool.version):
        raise ProjectError(
            f"the plugin was made by plugin-cli {version}, this is {tool.version}",
            why="an update never goes back",
            remedy="pip install --upgrade grafana-plugin-cli",
        )
    answers, base = read_answers(root, tool.templates), read_base(root)
    check_answers(answers, tool.templates)
    if not dry_run:
        require_clean(root)
    tool = tool.named_in(base)
    template = read_foreign(root, trust=trust)
    if template is not None:
        template = replace(template, vcs_ref=vcs_ref)
    new = overlay(template, render_plugin(answers, tool), answers, tool)
    merged = merge(root, base, new)
    if not dry_run:
        state = state_files(answers, tool.version, new) | (template.record() if template else {})
        apply(root, merged.content | state, merged.removed)
    return UpdateResult(root, version, tool.version, merged)


def _numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version; what follows them (`.dev1`, `+local`) is never newer."""
    numbers: list[int] = []
    for part in version.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)
