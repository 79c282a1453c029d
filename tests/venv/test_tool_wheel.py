from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from plugin_cli.venv.tool_source import ToolSource, _from_record, tool_source
from plugin_cli.venv.tool_wheel import local_wheel

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            {"url": "https://git.example.org/x.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            ToolSource("url", "grafana-plugin-cli @ git+https://git.example.org/x.git@abc"),
        ),
        (
            {"url": "https://files.example.org/x.whl", "archive_info": {}},
            ToolSource("url", "grafana-plugin-cli @ https://files.example.org/x.whl"),
        ),
        (
            {"url": "file:///home/a%20b/tool", "dir_info": {"editable": True}},
            ToolSource("local", checkout=Path("/home/a b/tool")),
        ),
        ({"url": "file:///home/a/tool", "dir_info": {}}, ToolSource("local")),
        ({"url": "file:///home/a/x.whl", "archive_info": {}}, ToolSource("local")),
    ],
)
def test_the_installers_record_tells_where_the_tool_is_from(
    record: dict[str, object], expected: ToolSource
) -> None:
    assert _from_record(record) == expected


def test_the_wheel_of_a_checkout_holds_the_code_and_its_resources(tmp_path: Path) -> None:
    wheel, new = local_wheel(ToolSource("local", checkout=CHECKOUT), tmp_path / "wheels")
    assert new
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        record = archive.read(next(name for name in names if name.endswith("/RECORD"))).decode()
    assert {"plugin_cli/project.py", "plugin_sdk/_version.py"} <= names
    assert any(name.startswith("plugin_cli/_resources/templates/") for name in names)
    assert not any("__pycache__" in name for name in names)
    assert {line.partition(",")[0] for line in record.splitlines()} == names
    assert (tmp_path / "wheels" / ".gitignore").read_text() == "*\n"


def test_the_same_code_is_not_packed_again(tmp_path: Path) -> None:
    source = tool_source()
    _, first = local_wheel(source, tmp_path)
    wheel, again = local_wheel(source, tmp_path)
    assert (first, again) == (True, False)
    wheel.unlink()
    assert local_wheel(source, tmp_path)[1]
