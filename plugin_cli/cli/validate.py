"""`plugin-cli validate`: what would be refused, a finding a line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plugin_cli.cli.app import app


@app.command()
def validate(
    location: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR|ZIP]", help="A built plugin; default: this one's dist/.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Findings as JSON on stdout.")] = False,
) -> None:
    """Check a built plugin as Grafana, its installer and its catalogue would; exit 1 on an error."""
    import json
    from dataclasses import asdict

    from plugin_cli.build.swap import whole_dist
    from plugin_cli.console import TerminalConsole
    from plugin_cli.project import find_project
    from plugin_cli.release.validate import validate as run

    console = TerminalConsole()
    if location is None:
        project = find_project(Path.cwd())
        with whole_dist(project, console):
            result = run(project.dist)
    else:
        result = run(location)
    if as_json:
        findings = [asdict(finding) for finding in result.findings]
        console.data(
            json.dumps({"place": str(result.location), "ok": result.ok, "findings": findings}, indent=2)
        )
    else:
        for finding in result.findings:
            console.step(str(finding))
        console.step(f"{result.location}: {'no errors' if result.ok else 'would be refused'}")
    if not result.ok:
        raise typer.Exit(1)
