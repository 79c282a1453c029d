"""A Python backend for repositories that other tools have made, each kept as it was but for what is needed."""

from __future__ import annotations

import ast
import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plugin_cli.errors import PluginCliError, ProjectError
from plugin_cli.scaffold.adopt import adopt
from plugin_cli.scaffold.json_text import with_keys
from tests.scaffold.scaffolds import TOOL

DATA_SOURCE = {"type": "datasource", "name": "Weather", "id": "acme-weather-datasource"}
TYPESCRIPT = "export class DataSource extends DataSourceApi {}\n"
NEW = {
    "backend/tests/test_datasource.py",
    "backend/tests/test_standard.py",
    "backend/weather_datasource/__init__.py",
    "backend/weather_datasource/__main__.py",
    "backend/weather_datasource/datasource.py",
    "backend/weather_datasource/models.py",
    "pyproject.toml",
}
WORKFLOW = ".github/workflows/backend.yml"


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def repository(folder: Path, metadata: dict[str, Any] | str, **files: str) -> Path:
    """Make a committed repository with a plugin.json, and files whose names have `__` for a slash."""
    text = metadata if isinstance(metadata, str) else json.dumps(metadata, indent=2) + "\n"
    written = {"src/plugin.json": text, "src/module.ts": TYPESCRIPT, "package.json": "{}\n", **files}
    for name, content in written.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())
    git(folder, "init", "-q")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "--message", "Begin")
    return folder


def changes(root: Path) -> dict[str, str]:
    """Return git's state of each file that is not as it was committed."""
    lines = git(root, "status", "--porcelain", "--untracked-files=all").splitlines()
    return {line[3:]: line[:2].strip() for line in lines}


def test_a_backend_is_added_and_nothing_else_is_touched(tmp_path: Path) -> None:
    root = repository(tmp_path, DATA_SOURCE, **{".github__workflows__ci.yml": "name: CI\n"})

    result = adopt(root, TOOL)

    assert set(result.added) == NEW | {WORKFLOW}
    assert result.changed == ("src/plugin.json", ".gitignore")
    assert changes(root) == dict.fromkeys(NEW | {WORKFLOW, ".gitignore"}, "??") | {"src/plugin.json": "M"}
    removed = [line for line in git(root, "diff").splitlines() if line.startswith("-") and line[:3] != "---"]
    assert removed == []
    assert json.loads((root / "src/plugin.json").read_text()) == DATA_SOURCE | {
        "backend": True,
        "executable": "gpx_weather",
        "alerting": True,
    }


def test_what_was_added_is_valid(tmp_path: Path) -> None:
    root = repository(tmp_path, DATA_SOURCE, **{".github__workflows__ci.yml": "name: CI\n"})

    adopt(root, TOOL)

    for name in NEW:
        text = (root / name).read_text("utf-8")
        assert "{{" not in text
        if name.endswith(".py"):
            ast.parse(text)
    assert tomllib.loads((root / "pyproject.toml").read_text())["project"]["dependencies"] == [
        TOOL.requirement
    ]
    steps = yaml.safe_load((root / WORKFLOW).read_text())["jobs"]["backend"]["steps"]
    assert all(
        "@" not in step.get("uses", "") or len(step["uses"].split("@")[1].split()[0]) == 40 for step in steps
    )


def test_a_repository_without_workflows_gets_none(tmp_path: Path) -> None:
    assert set(adopt(repository(tmp_path, DATA_SOURCE), TOOL).added) == NEW


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    root = repository(tmp_path, DATA_SOURCE)

    assert set(adopt(root, TOOL, dry_run=True).added) == NEW
    assert changes(root) == {}


def test_a_go_backend_stays_with_its_executable(tmp_path: Path) -> None:
    go = {"Magefile.go": "package main\n", "go.mod": "module x\n", "pkg__main.go": "package main\n"}
    root = repository(tmp_path, DATA_SOURCE | {"backend": True, "executable": "gpx_own"}, **go)

    result = adopt(root, TOOL)

    assert json.loads((root / "src/plugin.json").read_text())["executable"] == "gpx_own"
    assert all((root / name.replace("__", "/")).is_file() for name in go)
    assert "the Go backend (Magefile.go, go.mod, pkg) stays" in result.notes[0]


@pytest.mark.parametrize(
    ("typescript", "is_told"),
    [(TYPESCRIPT, True), ("class A extends DataSourceWithBackend {}", False)],
    ids=["asks the API itself", "asks the backend"],
)
def test_a_frontend_that_does_not_ask_the_backend_is_told(
    typescript: str, is_told: bool, tmp_path: Path
) -> None:
    root = repository(tmp_path, DATA_SOURCE, **{"src__datasource.ts": typescript})

    notes = adopt(root, TOOL).notes

    assert any("extend DataSourceWithBackend" in note for note in notes) == is_told


# How people write plugin.json: all of it stays but for the keys that are new.
STYLES = {
    "two blanks": '{\n  "type": "datasource",\n  "name": "Weather",\n  "id": "acme-weather-datasource"\n}\n',
    "tabs": '{\n\t"id": "acme-weather-datasource",\n\t"name": "Weather",\n\t"type": "datasource"\n}',
    "one line": '{"id":"acme-weather-datasource","type":"datasource","name":"Weather"}',
    "Windows": '{\r\n  "id": "acme-weather-datasource",\r\n  "name": "Weather",\r\n  "type": "datasource"\r\n}\r\n',
    "byte order mark": '\ufeff{ "id": "acme-weather-datasource", "name": "Weather", "type": "datasource" }',
    "no backend": '{"id": "acme-weather-datasource", "backend" : false, "type": "datasource", "name": "Weather"}',
    "the words inside": '{"info": {"id": 1, "backend": [{"alerting": false}]}, "description": "a \\"id\\": {", "name": "Weather",\n'
    ' "id": "acme-weather-datasource", "type": "datasource"}',
    "an empty executable": '{"id": "acme-weather-datasource", "executable": "", "type": "datasource"}',
}


@pytest.mark.parametrize("text", STYLES.values(), ids=STYLES)
def test_plugin_json_keeps_its_style(text: str, tmp_path: Path) -> None:
    root = repository(tmp_path, text)
    before = json.loads(text.lstrip("\ufeff"))

    adopt(root, TOOL)

    after = (root / "src/plugin.json").read_bytes().decode()
    assert json.loads(after) == before | {"backend": True, "executable": "gpx_weather", "alerting": True}
    assert after.count("\r\n") == (after.count("\n") if "\r\n" in text else 0)
    kept = [
        line for line in text.lstrip("\ufeff").splitlines() if '"id": "acme' not in line and "{" not in line
    ]
    assert [line for line in after.splitlines() if line in kept] == kept


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    before=st.dictionaries(st.text(), _JSON),
    values=st.dictionaries(st.text() | st.sampled_from(["id", "backend"]), st.booleans() | st.text()),
    indent=st.sampled_from([None, 0, 2, "\t"]),
    escaped=st.booleans(),
)
def test_any_object_gets_the_keys(
    before: dict[str, Any], values: dict[str, Any], indent: int | str | None, escaped: bool
) -> None:
    text = json.dumps(before, indent=indent, ensure_ascii=escaped)

    assert json.loads(with_keys(text, values, before="id")) == before | values


GITIGNORES = {
    "none": None,
    "empty": "",
    "of create-plugin": "node_modules/\n\ndist/\n",
    "no last line break": "dist",
    "Windows": "node_modules/\r\ndist/\r\n",
}


@pytest.mark.parametrize("text", GITIGNORES.values(), ids=GITIGNORES)
def test_what_the_backend_makes_is_ignored(text: str | None, tmp_path: Path) -> None:
    files = {} if text is None else {".gitignore": text}
    root = repository(tmp_path, DATA_SOURCE, **files)

    adopt(root, TOOL)

    after = (root / ".gitignore").read_bytes().decode()
    assert after.startswith(text or "")
    for made in ("dist/module.js", ".venv/bin/python", "backend/x/__pycache__/a.pyc", ".plugin-cli/cache/a"):
        assert git(root, "check-ignore", made).strip() == made
    assert after.count("dist") == 1


def test_what_is_ignored_may_be_named_in_any_encoding(tmp_path: Path) -> None:
    root = repository(tmp_path, DATA_SOURCE)
    (root / ".gitignore").write_bytes(b"Stra\xdfe/\n")
    git(root, "add", "--all")
    git(root, "commit", "-q", "--message", "Ignore")

    adopt(root, TOOL)

    assert (root / ".gitignore").read_bytes().startswith(b"Stra\xdfe/\n\n# Python backend\n")


def test_a_second_run_finds_the_backend(tmp_path: Path) -> None:
    root = repository(tmp_path, DATA_SOURCE)
    adopt(root, TOOL)
    git(root, "add", "--all")
    git(root, "commit", "-q", "--message", "Adopt")

    with pytest.raises(ProjectError, match=r"has backend/, .*pyproject\.toml already"):
        adopt(root, TOOL)

    assert changes(root) == {}


REFUSED = {
    "a panel": (
        {"type": "panel", "id": "acme-dial-panel", "name": "Dial"},
        {},
        "a plugin of type 'panel' cannot be given a backend",
    ),
    "no type": ({"id": "acme-x-y", "name": "X"}, {}, "a plugin of type '' cannot be given a backend"),
    "made by the tool": (DATA_SOURCE, {".plugin-cli__answers.json": "{}"}, "was made by plugin-cli"),
    "a Python project": (DATA_SOURCE, {"pyproject.toml": ""}, "has pyproject.toml already"),
    "a folder of that name": (DATA_SOURCE, {"backend__main.py": ""}, "has backend/ already"),
    "a workflow of that name": (
        DATA_SOURCE,
        {".github__workflows__backend.yml": ""},
        f"has {WORKFLOW} already",
    ),
}


@pytest.mark.parametrize(("metadata", "files", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_adopted_is_refused_and_left_alone(
    metadata: dict[str, Any], files: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    root = repository(tmp_path, metadata, **files)

    with pytest.raises(ProjectError) as raised:
        adopt(root, TOOL)

    assert sentence in str(raised.value)
    assert "try: " in str(raised.value)
    assert changes(root) == {}


def test_uncommitted_changes_are_refused(tmp_path: Path) -> None:
    root = repository(tmp_path, DATA_SOURCE)
    (root / "package.json").write_text("{ }")

    with pytest.raises(ProjectError, match="changes that are not committed"):
        adopt(root, TOOL)

    assert changes(root) == {"package.json": "M"}


def test_a_file_that_cannot_be_written_leaves_the_repository_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path, DATA_SOURCE)
    write = Path.write_bytes

    def fails_at_plugin_json(path: Path, data: bytes) -> int:
        if path == root / "src/plugin.json" and b"gpx_" in data:
            raise OSError(28, "No space left on device", str(path))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", fails_at_plugin_json)
    with pytest.raises(PluginCliError, match="cannot be written"):
        adopt(root, TOOL)

    assert changes(root) == {}


# A title that cannot be spelt in a-z, or is missing: the id is always spelt so.
TITLES = {"Погода": "weather_datasource", "": "weather_datasource", "Wetter 2": "wetter_2_datasource"}


@pytest.mark.parametrize(("title", "package"), TITLES.items())
def test_the_package_is_named_after_the_title_or_the_id(title: str, package: str, tmp_path: Path) -> None:
    root = repository(tmp_path, DATA_SOURCE | {"name": title})

    assert adopt(root, TOOL).package == package


# The version in plugin.json, and in package.json.
VERSIONS = {
    ("%VERSION%", "1.4.2"): "1.4.2",
    ("2.0.0-beta.1", "1.0.0"): "2.0.0-beta.1",
    ("%VERSION%", None): "0.1.0",
    (None, "%X%"): "0.1.0",
}


@pytest.mark.parametrize(("given", "version"), VERSIONS.items())
def test_the_version_stays(given: tuple[str | None, str | None], version: str, tmp_path: Path) -> None:
    package = json.dumps({"version": given[1]})
    root = repository(tmp_path, DATA_SOURCE | {"info": {"version": given[0]}}, **{"package.json": package})

    adopt(root, TOOL)

    assert tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"] == version
