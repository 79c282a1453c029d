"""src/plugin.json, looked at before minutes are spent on a build that Grafana would refuse."""

from __future__ import annotations

from plugin_cli.errors import ProjectError
from plugin_cli.project import Project
from plugin_cli.release.built_plugin import BuiltPlugin, Entry, opener
from plugin_cli.release.rules.metadata import check_ids, check_metadata


def check_source_metadata(project: Project) -> None:
    """Raise where a rule of `validate` on plugin.json finds an error.

    Raises:
        ProjectError: naming every error, and the remedy of the first.
    """
    path = project.plugin_json
    entry = Entry("plugin.json", path.stat().st_size, None, "file", opener(path))
    plugin = BuiltPlugin(path.parent, {"plugin.json": entry})
    errors = [
        finding
        for rule in (check_metadata, check_ids)
        for finding in rule(plugin)
        if finding.severity == "error"
    ]
    if errors:
        raise ProjectError(
            f"{path.relative_to(project.root)} is not what Grafana takes",
            why="\n".join(finding.message for finding in errors),
            remedy=errors[0].remedy,
        )
