"""`plugin-cli create`: options, an answers file or questions, to one request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plugin_cli.cli.app import app
from plugin_cli.cli.asking.flags import QuestionCommand, given_by_flags
from plugin_cli.cli.tool import ToolOption

if TYPE_CHECKING:
    from plugin_cli.console import TerminalConsole
    from plugin_cli.scaffold.answers import Answers
    from plugin_cli.scaffold.create import CreateResult
    from plugin_cli.scaffold.foreign import Foreign


@app.command(cls=QuestionCommand)
def create(
    ctx: typer.Context,
    directory: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="Folder to make; default: the plugin's id.", show_default=False),
    ] = None,
    tool_address: ToolOption = None,
    template: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="Your organisation's copier template, a folder or a git address: instead of ours, or over "
            "it where it says `_extends: plugin-cli`.",
            show_default=False,
        ),
    ] = None,
    vcs_ref: Annotated[
        str | None,
        typer.Option(metavar="REF", help="Its tag, branch or commit.", show_default="its newest release"),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="An answer to one of its questions.", show_default=False),
    ] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Let that template run code.")] = False,
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
    from plugin_cli.cli.asking.prompts import complete_answers, read_answers_file
    from plugin_cli.cli.asking.template import template_of
    from plugin_cli.cli.tool import running_tool
    from plugin_cli.console import TerminalConsole
    from plugin_cli.scaffold.create import create as create_plugin
    from plugin_cli.scaffold.create import create_from

    tool = running_tool(tool_address)
    console = TerminalConsole()
    foreign, is_over = template_of(template, vcs_ref, data, trust=trust)
    stands_alone = foreign is not None and not is_over
    given = read_answers_file(answers, is_foreign=stands_alone) if answers else {}
    given |= given_by_flags(ctx)
    if foreign is not None and not is_over:
        result = create_from(foreign, given, directory, asks=not defaults, dry_run=dry_run)
        _show_foreign(console, result, as_json=as_json)
        return
    chosen = complete_answers(given, directory, tool.templates, defaults=defaults)
    result = create_plugin(chosen, directory, tool, template=foreign, dry_run=dry_run)
    if as_json:
        console.data(_as_json(chosen, result))
    elif dry_run:
        console.step(f"would create {result.directory}")
        console.data("\n".join(result.files))
    else:
        _congratulate(console, chosen, result)
        _warn_of_folder(console, foreign)


def _as_json(answers: Answers | None, result: CreateResult) -> str:
    import json
    from dataclasses import asdict

    facts = {
        "directory": str(result.directory),
        "dry_run": result.dry_run,
        "commit": result.commit,
        "repository": str(result.repository) if result.repository else None,
        **({"answers": answers.values, **asdict(answers.names)} if answers else {}),
        "files": result.files,
    }
    return json.dumps(facts, indent=2, ensure_ascii=False)


def _show_foreign(console: TerminalConsole, result: CreateResult, *, as_json: bool) -> None:
    if as_json:
        console.data(_as_json(None, result))
    elif result.dry_run:
        console.step(f"would create {result.directory}")
        console.data("\n".join(result.files))
    else:
        console.step(f"created {result.directory} ({len(result.files)} files)")


def _congratulate(console: TerminalConsole, answers: Answers, result: CreateResult) -> None:
    import os
    import shlex

    folder = shlex.quote(os.path.relpath(result.directory))
    made = f"{len(result.files)} files, {'one commit' if result.commit else 'not committed'}"
    console.step(f"created {answers.names.plugin_id} in {result.directory} ({made})")
    if result.repository:
        _explain_repository(console, result.repository, answers)
    console.step("next:")
    for line in (
        *([f"cd {folder}"] if folder != "." else []),
        "plugin-cli build",
        "plugin-cli query",
        "plugin-cli dev up",
    ):
        console.step(f"  {line}")


def _explain_repository(console: TerminalConsole, repository: Path, answers: Answers) -> None:
    console.step(f"it is a part of the repository {repository}: no repository of its own was made")
    if answers.ci:
        console.warn(
            f"GitHub reads workflows only in {repository}/.github/workflows: move those of the plugin there, "
            "with a filter `paths:` and `working-directory:`"
        )


def _warn_of_folder(console: TerminalConsole, template: Foreign | None) -> None:
    if template is not None and Path(template.source).exists():
        console.warn(
            f"update takes the template from the folder {template.source}, which others may not have: "
            "give a git address"
        )
