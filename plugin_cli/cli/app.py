"""The Typer application that the commands register on; `registry` lists them."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    name="plugin-cli",
    help="Create, run, build and package Grafana plugins with a Python backend.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(requested: bool) -> None:
    if requested:
        from plugin_sdk import __version__

        typer.echo(f"plugin-cli {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    pass
