"""The command line: one Typer application, one module a command."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

app = typer.Typer(
    name="plugin-cli",
    help="Create, run, build and package Grafana plugins with a Python backend.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from plugin_sdk._version import __version__

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


# The order of `--help`: the order of a plugin's life. Each module registers its commands on `app`.
for _module in (
    "create",
    "update",
    "add",
    "types",
    "build",
    "dev",
    "call",
    "validate",
    "package",
    "sign",
    "doctor",
):
    import_module(f"plugin_cli.cli.{_module}")
