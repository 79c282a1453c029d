from __future__ import annotations

import pytest

import plugin_sdk
from plugin_cli.cli.tool import running_tool
from plugin_cli.venv import tool_source as module
from plugin_cli.venv.tool_source import ToolSource

COMMIT = "grafana-plugin-cli @ git+https://git.example.org/tool@0123456"


@pytest.mark.parametrize(
    ("source", "requirement"),
    [
        (ToolSource("index"), "grafana-plugin-cli>=1.4"),
        (ToolSource("url", COMMIT), COMMIT),
        # What is on this machine only can be named by its version alone.
        (ToolSource("local"), "grafana-plugin-cli>=1.4"),
    ],
)
def test_a_plugin_asks_for_the_tool_where_it_came_from(
    source: ToolSource, requirement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "tool_source", lambda: source)
    monkeypatch.setattr(plugin_sdk, "__version__", "1.4.2")

    tool = running_tool()

    assert (tool.requirement, tool.version) == (requirement, "1.4.2")
    assert (tool.templates / "copier.yml").is_file()
