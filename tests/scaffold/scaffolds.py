"""Scaffolds for tests: the answers, the tool, and every combination of layers."""

from __future__ import annotations

import itertools
from typing import Any

from plugin_cli.resources import templates_dir
from plugin_cli.scaffold.answers import Answers, Tool, complete, render_plugin
from plugin_cli.scaffold.render import Tree

TOOL = Tool(templates_dir(), "1.2.3", "grafana-plugin-cli>=1.2")
SWITCHES = ("alerting", "ci", "stream", "annotations")


def answers(**changes: Any) -> Answers:
    """Return the answers of a weather data source."""
    given = {"type": "datasource", "name": "Weather", "org": "acme", "description": "Weather stations."}
    return complete(given | changes, TOOL.templates)


COMBINATIONS = [
    answers(**dict(zip(SWITCHES, values, strict=True)))
    for values in itertools.product((True, False), repeat=len(SWITCHES))
]
# TypeScript replaces no file of the switches, so all and none of them show what there is to see.
COMBINATIONS += [COMBINATIONS[0].with_(frontend="react"), COMBINATIONS[-1].with_(frontend="react")]


def rendered(one: Answers) -> Tree:
    """Return the files of a plugin, rendered once."""
    key = tuple(one.values.items())
    if key not in _RENDERED:
        _RENDERED[key] = render_plugin(one, TOOL)
    return dict(_RENDERED[key])


_RENDERED: dict[tuple[tuple[str, Any], ...], Tree] = {}


def label(one: Answers) -> str:
    """Return a readable id of a combination."""
    return "+".join([one.type, one.frontend, *(switch for switch in SWITCHES if getattr(one, switch))])
