"""Asks the plugin's own Python for the schema of its models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plugin_cli.errors import ProjectError
from plugin_cli.project import Project
from plugin_cli.system.parse import ParseError, parse_json_line
from plugin_cli.system.process import child_environment, run


def plugin_schema(project: Project, python: Path) -> dict[str, Any]:
    """Return the JSON Schemas of the plugin's settings and query.

    Raises:
        ProjectError: the plugin's class cannot be imported, or a model cannot be described.
    """
    done = run(
        # -B: bytecode is dated in whole seconds, so an edit within the same second would be hidden in `dev`.
        [python, "-B", "-m", "plugin_sdk.schema", project.backend.entry],
        what="the models cannot be read",
        cwd=project.root,
        env=child_environment({"PYTHONPATH": str(project.backend.folder)}),
        check=False,
    )
    if done.returncode != 0:
        raise ProjectError(
            f"the models of {project.backend.entry} cannot be read",
            why="\n".join(done.stderr.strip().splitlines()[-12:]),
            remedy="fix the code; the same check: python -m plugin_sdk.schema " + project.backend.entry,
        )
    try:
        return parse_json_line(done.stdout)
    except ParseError as error:
        raise ProjectError(
            f"the models of {project.backend.entry} cannot be read",
            why=str(error),
            remedy="see what the code prints or ends: python -m plugin_sdk.schema " + project.backend.entry,
        ) from error
