"""`add annotations`: the example answers an annotation query, and Grafana's own code reads its fields."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.scaffold.add import add
from plugin_cli.scaffold.create import create
from plugin_sdk.testing import PluginProcess, last, settings
from tests.scaffold.scaffolds import TOOL, answers
from tests.sdk.data.conftest import Judge

pytestmark = [pytest.mark.usefixtures("own_git"), pytest.mark.go]

# As Grafana reads annotations: by name and by kind.
FIELDS = [
    ("time", "time"),
    ("timeEnd", "time"),
    ("title", "string"),
    ("text", "string"),
    ("tags", "string"),
    ("id", "string"),
]


def events_of(plugin: Path) -> Any:
    """Start the plugin as Grafana starts it, and send the query of its provisioned dashboard."""
    dashboard = json.loads((plugin / "provisioning/dashboards/weather.json").read_text())
    (annotation,) = dashboard["annotations"]["list"]
    env = {"PYTHONPATH": str(plugin / "backend"), "PATH": os.environ["PATH"]}
    with PluginProcess([sys.executable, "-m", "weather_datasource"], env=env, cwd=plugin) as process:
        answer = process.client.query_data([annotation["target"]], settings(), time_range=last(3600))
    (frame,) = answer["Anno"].frames
    return frame


def test_the_added_example_is_read_as_annotations(tmp_path: Path, judge: Judge) -> None:
    plugin = create(answers(), tmp_path / "weather", TOOL).directory
    add(plugin, "annotations", TOOL)

    frame = events_of(plugin)

    read = judge.ask("decode", arrow=frame.to_arrow())["json"]
    assert [(field["name"], field["type"]) for field in read["schema"]["fields"]] == FIELDS
    start, end, title, text, tags, number = read["data"]["values"]
    assert (start[0] < end[0], end[1]) == (True, None)
    assert (title[0], text[0], tags[0], number[0]) == (
        "Maintenance",
        "berlin off line",
        "maintenance,planned",
        "1",
    )
    metadata = json.loads((plugin / "src/plugin.json").read_text())
    assert metadata["annotations"] is True
