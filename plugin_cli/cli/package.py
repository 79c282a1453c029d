"""`plugin-cli package`: dist/ into one zip with its sums."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plugin_cli.cli.app import app


@app.command()
def package(
    out: Annotated[
        Path | None, typer.Option(help="Folder for the zip; default: the repository.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Result as JSON on stdout.")] = False,
) -> None:
    """Pack dist/ into <id>-<version>.zip, with sha1 and sha256 beside it."""
    import json

    from plugin_cli.build.swap import whole_dist
    from plugin_cli.console import TerminalConsole
    from plugin_cli.project import find_project
    from plugin_cli.release.package import package as run

    console = TerminalConsole()
    project = find_project(Path.cwd())
    with whole_dist(project, console):
        result = run(project.root, console, out=out)
    console.step(f"packed {result.archive}: {result.size_bytes / 1e6:.1f} MB")
    if as_json:
        sums = [str(path) for path in result.sums]
        console.data(
            json.dumps({"archive": str(result.archive), "sums": sums, "bytes": result.size_bytes}, indent=2)
        )
