"""`plugin-cli create`: options, an answers file or questions, to one request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plugin_cli.cli.app import app
from plugin_cli.cli.question_flags import QuestionCommand, given_by_flags

if TYPE_CHECKING:
    from plugin_cli.console import TerminalConsole
    from plugin_cli.scaffold.answers import Answers
    from plugin_cli.scaffold.create import CreateResult


@app.command(cls=QuestionCommand)
def create(
    ctx: typer.Context,
    directory: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="Folder to make; default: the plugin's id.", show_default=False),
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

    given = read_answers_file(answers) if answers else {}
    given |= given_by_flags(ctx)
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
        "answers": answers.values,
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
