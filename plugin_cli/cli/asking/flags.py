"""The flags of `create` that answer its questions: one for each question of the template, made on demand."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:
    from plugin_cli.scaffold.questions import Question

_GIVEN = "plugin_cli.answers"


class QuestionCommand(TyperCommand):
    """A command with a flag for each question, after its argument."""

    def get_params(self, ctx: Any) -> Any:
        """Return the command's own parameters and the flags."""
        argument, *options = super().get_params(ctx)
        return [argument, *_flags(), *options]


def given_by_flags(ctx: typer.Context) -> dict[str, Any]:
    """Return the answers that flags of the running command gave."""
    return dict(ctx.meta.get(_GIVEN, {}))


def _flags() -> list[Any]:
    from plugin_cli.resources import templates_dir
    from plugin_cli.scaffold.questions import read_questions

    def command() -> None:
        """Stand for a command with these flags."""

    flags = [_parameter(question) for question in read_questions(templates_dir()).values()]
    command.__signature__ = inspect.Signature(flags)  # type: ignore[attr-defined]
    command.__annotations__ = {flag.name: flag.annotation for flag in flags}
    only = typer.Typer(add_completion=False)
    only.command()(command)
    return list(typer.main.get_command(only).params)


def _parameter(question: Question) -> inspect.Parameter:
    key, name = question.key, question.key.replace("_", "-")
    text = question.text.rstrip("?")

    def keep(ctx: typer.Context, value: Any) -> Any:
        """Keep what was given for the command's body, which knows no question by name."""
        if value is not None:
            ctx.meta.setdefault(_GIVEN, {})[key] = value
        return value

    option = typer.Option(
        f"--{name}/--no-{name}" if question.is_switch else f"--{name}",
        help=f"{text}: {', '.join(question.choices)}." if question.choices else f"{text}.",
        metavar=None if question.is_switch else "KIND" if key == "type" else "TEXT",
        show_default=question.default if question.choices and isinstance(question.default, str) else False,
        callback=keep,
        expose_value=False,
    )
    kind = bool if question.is_switch else str
    return inspect.Parameter(
        key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )
