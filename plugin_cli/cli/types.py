"""`plugin-cli types`: the models of the backend for a TypeScript frontend."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plugin_cli.cli.app import app


@app.command()
def types(
    as_json: Annotated[bool, typer.Option("--json", help="Result as JSON on stdout.")] = False,
) -> None:
    """Write src/generated/: TypeScript types, schema and editors from the Python models.

    `build` does the same before it builds the frontend.
    """
    import json

    from plugin_cli.build.frontend.types import types as run
    from plugin_cli.console import TerminalConsole

    console = TerminalConsole()
    result = run(Path.cwd(), console)
    console.step(f"wrote {', '.join(result.changed)}" if result.changed else "nothing changed")
    if as_json:
        console.data(json.dumps({"folder": str(result.folder), "changed": result.changed}, indent=2))
