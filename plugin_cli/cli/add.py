"""`plugin-cli add`: a feature's name to one request, and what became of each file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plugin_cli.cli.app import app

_NEXT = {
    "react": ("next: plugin-cli types   (makes src/generated/ from your models), then plugin-cli build",),
    "annotations": (
        "annotations: a frame with time, timeEnd, title, text, tags, id; see events() in the backend",
        "variables: a frame with text and value, both of texts",
        'bands: FieldConfig(custom={"fillBelowTo": "lower"}) of the upper bound (docs: Frames)',
    ),
}


@app.command()
def add(
    feature: Annotated[
        str | None,
        typer.Argument(help="What to add; without it, the list.", show_default=False, metavar="FEATURE"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would change; write nothing.")
    ] = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="Let your organisation's template over ours run code.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Result as JSON on stdout.")] = False,
) -> None:
    """Add a feature to this plugin: alerting, annotations, ci, e2e, react, stream.

    Merged in as `update` does it: your edits stay, conflicts are marked (exit 1).
    """
    import json

    from plugin_cli.cli.show.merge import merge_json, show_merge
    from plugin_cli.cli.tool import running_tool
    from plugin_cli.console import TerminalConsole
    from plugin_cli.scaffold.add import add as run
    from plugin_cli.scaffold.add import features

    console, tool = TerminalConsole(), running_tool()
    if feature is None:
        known = features(tool.templates)
        console.data(
            json.dumps(known) if as_json else "\n".join(f"{name:12} {text}" for name, text in known.items())
        )
        return
    result = run(Path.cwd(), feature, tool, trust=trust, dry_run=dry_run)
    if as_json:
        facts = {"feature": feature, "is_there": result.is_there, "dry_run": dry_run}
        console.data(json.dumps({**facts, **merge_json(result.merge)}, indent=2))
    elif result.is_there:
        console.step(f"{feature} is there already")
    else:
        show_merge(console, result.merge)
        console.step(f"{'would add' if dry_run else 'added'} {feature}")
        for line in () if dry_run else _NEXT.get(feature, ()):
            console.step(line)
    raise typer.Exit(1 if result.merge.conflicts else 0)
