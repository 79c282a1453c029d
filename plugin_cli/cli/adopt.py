"""`plugin-cli adopt`: a Python backend for the repository one is in, and what was added."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plugin_cli.cli.app import app
from plugin_cli.cli.tool import ToolOption


@app.command()
def adopt(
    tool_address: ToolOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would be added; write nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Result as JSON on stdout.")] = False,
) -> None:
    """Add a Python backend to a plugin that something else has made, such as create-plugin.

    Package, tests, keys of plugin.json, a workflow; nothing else is touched, a Go backend stays.
    """
    import json

    from plugin_cli.cli.tool import running_tool
    from plugin_cli.console import TerminalConsole
    from plugin_cli.scaffold.adopt import adopt as run

    console = TerminalConsole()
    result = run(Path.cwd(), running_tool(tool_address), dry_run=dry_run)
    if as_json:
        facts = {"directory": str(result.root), "package": result.package, "dry_run": dry_run}
        lists = {"added": result.added, "changed": result.changed, "notes": result.notes}
        console.data(json.dumps({**facts, **lists}, indent=2))
        return
    for name in result.added:
        console.step(f"{'would add' if dry_run else 'added'} {name}")
    for name in result.changed:
        console.step(f"{'would change' if dry_run else 'changed'} {name}")
    for note in result.notes:
        console.step(note)
    if not dry_run:
        console.step(f"next: fields in backend/{result.package}/models.py, then")
        for line in ("plugin-cli query", "plugin-cli build", "plugin-cli dev up"):
            console.step(f"  {line}")
