"""`plugin-cli create`: options, an answers file or questions, to one request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plugin_cli.cli.app import app

if TYPE_CHECKING:
    from plugin_cli.console import TerminalConsole
    from plugin_cli.scaffold.answers import Answers
    from plugin_cli.scaffold.create import CreateResult


@app.command()
def create(
    directory: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="Folder to make; default: the plugin's id.", show_default=False),
    ] = None,
    type_: Annotated[
        str | None, typer.Option("--type", help="datasource", metavar="KIND", show_default=False)
    ] = None,
    name: Annotated[str | None, typer.Option(help="Title shown in Grafana.", show_default=False)] = None,
    org: Annotated[
        str | None, typer.Option(help="Your organisation; first part of the id.", show_default=False)
    ] = None,
    description: Annotated[
        str | None, typer.Option(help="One sentence on the plugin.", show_default=False)
    ] = None,
    backend: Annotated[
        bool | None, typer.Option("--backend/--no-backend", help="Python backend.", show_default="backend")
    ] = None,
    frontend: Annotated[
        str | None,
        typer.Option(
            help="generated: editors from the models; react: TypeScript source.", show_default="generated"
        ),
    ] = None,
    alerting: Annotated[
        bool | None,
        typer.Option(
            "--alerting/--no-alerting", help="Alert rules, with an example.", show_default="alerting"
        ),
    ] = None,
    ci: Annotated[
        bool | None,
        typer.Option("--ci/--no-ci", help="GitHub workflows: tests, releases.", show_default="ci"),
    ] = None,
    tool_address: Annotated[
        str | None,
        typer.Option(
            "--tool",
            metavar="ADDRESS",
            help="What the plugin and its workflows install plugin-cli from: "
            "git+https://HOST/REPOSITORY@REVISION, a wheel's address, or what your own index has.",
            show_default="where this one came from",
        ),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            help="YAML, JSON or TOML file of answers, keyed as the flags.", metavar="FILE", show_default=False
        ),
    ] = None,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Ask nothing; take defaults for what is not given.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the files; write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Result as JSON on stdout.")] = False,
) -> None:
    """Create a plugin: a git repository that builds and runs as it is.

    On a terminal it asks for what is not given. Nothing is written unless all of it can be.
    """
    from plugin_cli.cli.questions import complete_answers, read_answers_file
    from plugin_cli.cli.tool import running_tool
    from plugin_cli.console import TerminalConsole
    from plugin_cli.scaffold.create import create as create_plugin

    flags = {
        "type": type_, "name": name, "org": org, "description": description, "backend": backend,
        "frontend": frontend, "alerting": alerting, "ci": ci,
    }  # fmt: skip
    given = read_answers_file(answers) if answers else {}
    given |= {key: value for key, value in flags.items() if value is not None}
    tool = running_tool(tool_address)
    chosen = complete_answers(given, directory, tool.templates, defaults=defaults)
    result = create_plugin(chosen, directory, tool, dry_run=dry_run)
    console = TerminalConsole()
    if as_json:
        console.data(_as_json(chosen, result))
    elif dry_run:
        console.step(f"would create {result.directory}")
        console.data("\n".join(result.files))
    else:
        _congratulate(console, chosen, result)


def _as_json(answers: Answers, result: CreateResult) -> str:
    import json
    from dataclasses import asdict

    facts = {
        "directory": str(result.directory),
        "dry_run": result.commit is None,
        "commit": result.commit,
        "answers": asdict(answers),
        **asdict(answers.names),
        "files": result.files,
    }
    return json.dumps(facts, indent=2, ensure_ascii=False)


def _congratulate(console: TerminalConsole, answers: Answers, result: CreateResult) -> None:
    import os
    import shlex

    folder = shlex.quote(os.path.relpath(result.directory))
    made = f"{len(result.files)} files, one commit"
    console.step(f"created {answers.names.plugin_id} in {result.directory} ({made})")
    console.step("next:")
    for line in (
        *([f"cd {folder}"] if folder != "." else []),
        "plugin-cli build",
        "plugin-cli query",
        "plugin-cli dev up",
    ):
        console.step(f"  {line}")
