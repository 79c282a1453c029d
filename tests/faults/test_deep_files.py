"""Whatever a file that a person or another program wrote holds, reading it ends in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.cli.asking.prompts import read_answers_file
from plugin_cli.cli.query_options import parse_queries, response_document
from plugin_cli.dev.grafana.compose import read_grafana_service
from plugin_cli.errors import PluginCliError
from plugin_cli.project import find_project
from plugin_cli.resources import templates_dir
from plugin_cli.scaffold.state import read_answers
from plugin_cli.session.grafana_log import parse_line
from plugin_cli.session.log import read_log
from plugin_cli.system.json_file import read_json
from plugin_cli.venv.tool_source import pinned_requirement
from plugin_sdk import CallResourceResponse

DEPTH = 20_000
LISTS = "[" * DEPTH + "]" * DEPTH
TEXTS = {
    "deep JSON": LISTS,
    "deep objects": '{"a":' * DEPTH + "1" + "}" * DEPTH,
    "deep TOML": f"a = {LISTS}",
    "no text": "\ud800",
    "open": "{" * DEPTH,
}


def _plugin(folder: Path, metadata: str = '{"id": "acme-x-datasource"}', pyproject: str = "") -> Path:
    (folder / "src").mkdir()
    (folder / "src" / "plugin.json").write_text(metadata, "utf-8", "surrogatepass")
    (folder / "pyproject.toml").write_text(pyproject, "utf-8", "surrogatepass")
    return folder


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", "surrogatepass")
    return path


READERS: dict[str, Callable[[Path, str], Any]] = {
    "plugin.json": lambda folder, text: find_project(_plugin(folder, metadata=text)),
    "pyproject.toml": lambda folder, text: find_project(_plugin(folder, pyproject=text)),
    "docker-compose.yaml": lambda folder, text: read_grafana_service(_written(folder / "c.yaml", text), {}),
    "answers in YAML": lambda folder, text: read_answers_file(_written(folder / "a.yaml", text)),
    "answers in TOML": lambda folder, text: read_answers_file(_written(folder / "a.toml", text)),
    "query --file": lambda folder, text: parse_queries([], _written(folder / "q.json", text)),
    "the scaffold's answers": lambda folder, text: (
        _written(folder / ".plugin-cli" / "answers.json", text),
        read_answers(folder, templates_dir()),
    ),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_a_file_that_cannot_be_read_is_an_error_of_ours(
    tmp_path: Path, reader: Callable[[Path, str], Any], text: str
) -> None:
    with pytest.raises(PluginCliError) as failed:
        reader(tmp_path, text)

    assert len(str(failed.value)) < 500


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_only_looked_at_is_taken_as_absent_or_as_text(tmp_path: Path, text: str) -> None:
    assert read_json(_written(tmp_path / "f.json", text)) is None
    assert pinned_requirement(text) is None
    assert parse_queries([f"station={text}"], None)["A"]["station"] == text
    body = text.encode("utf-8", "surrogatepass")
    assert isinstance(response_document(CallResourceResponse(200, body))["body"], str)
    assert parse_line(text, 0.0).message
    assert read_log(_written(tmp_path / "log", text)) == []
