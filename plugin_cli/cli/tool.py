"""The running tool, as the use cases that render templates want to know it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from plugin_cli.scaffold.answers import Tool

ToolOption = Annotated[
    str | None,
    typer.Option(
        "--tool",
        metavar="ADDRESS",
        help="What the plugin and its workflows install plugin-cli from: "
        "git+https://HOST/REPOSITORY@REVISION, a wheel's address, or what your own index has.",
        show_default="where this one came from",
    ),
]


def running_tool(address: str | None = None) -> Tool:
    """Return where the templates are and how a plugin's pyproject.toml names this tool.

    Args:
        address: what a team installs the tool from; None: where the running one came from.

    Raises:
        UsageError: nobody else can install from `address`.
    """
    from plugin_cli.resources import templates_dir
    from plugin_cli.scaffold.answers import Tool
    from plugin_cli.venv.tool_source import DISTRIBUTION, tool_requirement, tool_source
    from plugin_sdk import __version__

    release = ".".join(__version__.split(".")[:2])
    known = tool_requirement(address) if address else tool_source().requirement
    requirement = known or f"{DISTRIBUTION}>={release}"
    return Tool(templates_dir(), __version__, requirement)
