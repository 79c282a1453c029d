"""The running tool, as the use cases that render templates want to know it."""

from __future__ import annotations

from plugin_cli.scaffold.answers import Tool


def running_tool() -> Tool:
    """Return where the templates are and how a plugin's pyproject.toml names this tool."""
    from plugin_cli.resources import templates_dir
    from plugin_cli.venv.tool_source import DISTRIBUTION, tool_source
    from plugin_sdk import __version__

    release = ".".join(__version__.split(".")[:2])
    requirement = tool_source().requirement or f"{DISTRIBUTION}>={release}"
    return Tool(templates_dir(), __version__, requirement)
