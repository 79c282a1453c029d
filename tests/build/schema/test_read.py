from __future__ import annotations

import sys
from pathlib import Path

from plugin_cli.build.schema.read import plugin_schema
from plugin_cli.project import find_project
from tests.source_plugin import write_source_plugin


def test_reading_the_models_leaves_no_bytecode_that_could_hide_the_next_edit(tmp_path: Path) -> None:
    plugin = write_source_plugin(tmp_path / "weather")

    schema = plugin_schema(find_project(plugin.root), Path(sys.executable))

    assert "properties" in schema["query"]
    assert not list(plugin.root.rglob("*.pyc"))
