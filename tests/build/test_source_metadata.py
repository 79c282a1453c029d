from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.build.source_metadata import check_source_metadata
from plugin_cli.errors import ProjectError
from plugin_cli.project import find_project

GOOD = {
    "type": "datasource",
    "name": "Tide",
    "id": "acme-tide-datasource",
    "backend": True,
    "executable": "gpx_tide",
    "info": {"version": "%VERSION%", "updated": "%TODAY%"},
    "dependencies": {"grafanaDependency": ">=11.6.0"},
}


def write(root: Path, **changes: Any) -> Path:
    (root / "src").mkdir()
    (root / "src" / "plugin.json").write_text(json.dumps(GOOD | changes))
    return root


def test_what_build_fills_in_may_still_be_a_placeholder(tmp_path: Path) -> None:
    check_source_metadata(find_project(write(tmp_path)))


def test_every_wrong_value_is_named_before_anything_is_built(tmp_path: Path) -> None:
    project = find_project(write(tmp_path, type="datasourc", backend="yes"))

    with pytest.raises(ProjectError) as caught:
        check_source_metadata(project)

    text = str(caught.value)
    assert text.startswith("src/plugin.json is not what Grafana takes\n")
    assert "\"type\" is 'datasourc'" in text
    assert "\"backend\" is 'yes'" in text
    assert "\n  try: " in text
