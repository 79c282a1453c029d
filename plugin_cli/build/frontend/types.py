"""Brings up to date what a TypeScript frontend takes from the models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from plugin_cli.console import Console
from plugin_cli.errors import ProjectError
from plugin_cli.project import find_project


@dataclass(frozen=True)
class TypesResult:
    """Where the files are, and the names of those that changed."""

    folder: Path
    changed: tuple[str, ...]


def types(root: Path, console: Console) -> TypesResult:
    """Write `src/generated/` from the models of the backend.

    Args:
        root: the plugin's folder, or one below it.
        console: reports what happens.

    Raises:
        ProjectError: the plugin has no TypeScript, or its models cannot be read or shown.
        ToolMissingError: the plugin's environment cannot be made.
    """
    from plugin_cli.build.frontend.node import has_own_frontend
    from plugin_cli.build.frontend.typescript import write_generated
    from plugin_cli.build.schema.read import plugin_schema
    from plugin_cli.venv.create import ensure_environment

    project = find_project(root)
    if not has_own_frontend(project):
        raise ProjectError(
            f"{project.plugin_id} has no TypeScript to write types for",
            why="its editors are generated from the models",
            remedy="plugin-cli add react",
        )
    schema = plugin_schema(project, ensure_environment(project, console))
    folder = project.plugin_json.parent / "generated"
    return TypesResult(folder, tuple(write_generated(schema, folder)))
