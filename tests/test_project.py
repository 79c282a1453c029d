from __future__ import annotations

import json
from pathlib import Path

import pytest

from plugin_cli.errors import ProjectError
from plugin_cli.project import Backend, find_project, find_root
from plugin_cli.target import Target
from tests.source_plugin import SourcePlugin, write_source_plugin


@pytest.fixture
def plugin(tmp_path: Path) -> SourcePlugin:
    return write_source_plugin(tmp_path / "weather")


def failure(start: Path) -> str:
    with pytest.raises(ProjectError) as failed:
        _ = find_project(start).backend
    assert failed.value.exit_code == 4
    return str(failed.value)


def test_a_project_is_found_from_any_folder_in_it(plugin: SourcePlugin) -> None:
    project = find_project(plugin.root / "backend" / "weather")

    assert project.root == plugin.root
    assert (project.plugin_id, project.name, project.kind) == (
        "acme-weather-datasource",
        "Weather",
        "datasource",
    )
    assert project.executable == "gpx_weather"
    assert project.backend == Backend("weather", "weather.datasource:Weather", plugin.root / "backend")
    assert project.settings == {}


def test_its_folder_is_found_whatever_its_metadata_says(plugin: SourcePlugin) -> None:
    plugin.write("src/plugin.json", "{")

    assert find_root(plugin.root / "backend") == plugin.root.resolve()


def test_its_parts_lie_where_the_scaffold_puts_them(plugin: SourcePlugin) -> None:
    project, root = find_project(plugin.root), plugin.root

    assert project.plugin_json == root / "src" / "plugin.json"
    assert (project.dist, project.state) == (root / "dist", root / ".plugin-cli")
    assert (project.environment, project.provisioning) == (root / ".venv", root / "provisioning")
    assert project.built_executable(Target("windows", "amd64")) == (
        root / "dist" / "gpx_weather_windows_amd64.exe"
    )


def test_a_plugin_without_a_name_goes_by_its_id(plugin: SourcePlugin) -> None:
    plugin.write("src/plugin.json", '{"id": "acme-x-panel"}')
    project = find_project(plugin.root)

    assert (project.name, project.kind) == ("acme-x-panel", "")


def test_settings_are_the_tools_table(plugin: SourcePlugin) -> None:
    plugin.write("pyproject.toml", '[tool.plugin-cli]\nhidden-imports = ["a"]\n')
    assert find_project(plugin.root).settings == {"hidden-imports": ["a"]}

    (plugin.root / "pyproject.toml").unlink()
    assert find_project(plugin.root).settings == {}


def test_without_an_executable_it_says_which_key_is_missing(plugin: SourcePlugin) -> None:
    for value in (None, "", 3):
        plugin.write("src/plugin.json", json.dumps({"id": "x", "executable": value}))
        with pytest.raises(ProjectError) as failed:
            _ = find_project(plugin.root).executable

        assert str(failed.value) == (
            f"{plugin.root}/src/plugin.json names no executable\n"
            f'  key "executable": expected a name such as "gpx_weather", found {value!r}\n'
            '  try: set "backend": true and "executable": "gpx_<name>" in src/plugin.json'
        )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "cannot be read\n  Expecting property name"),
        ("[]", 'has no plugin id\n  expected an object with "id": "<org>-<name>-<type>"'),
        ('{"id": 3}', "has no plugin id"),
    ],
)
def test_metadata_that_is_wrong_is_told_with_its_file(plugin: SourcePlugin, text: str, reason: str) -> None:
    path = plugin.write("src/plugin.json", text)

    assert failure(plugin.root).startswith(f"{path} {reason}")


def test_metadata_that_is_no_text_is_told_too(plugin: SourcePlugin) -> None:
    path = plugin.root / "src" / "plugin.json"
    path.write_bytes(b"\xff\xfe")

    assert failure(plugin.root).startswith(f"{path} cannot be read")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[tool", " cannot be read\n"),
        (
            "[tool]\nplugin-cli = 3",
            ": [tool.plugin-cli] is not a table\n  try: write it as [tool.plugin-cli]",
        ),
        ("tool = 3", ": [tool.plugin-cli] is not a table\n"),
    ],
)
def test_a_pyproject_that_is_wrong_is_told_with_its_file(
    plugin: SourcePlugin, text: str, reason: str
) -> None:
    path = plugin.write("pyproject.toml", text)

    assert failure(plugin.root).startswith(f"{path}{reason}")


def test_without_a_backend_package_it_says_what_was_looked_for(plugin: SourcePlugin) -> None:
    (plugin.root / "backend" / "weather" / "__main__.py").unlink()
    assert failure(plugin.root) == (
        "the plugin's backend package is ambiguous\n"
        "  expected exactly one backend/<package>/__main__.py, found: none\n"
        "  try: keep one package with __main__.py below backend/"
    )

    plugin.write("backend/a/__main__.py", "")
    plugin.write("backend/b/__main__.py", "")
    assert "found: backend/a/__main__.py, backend/b/__main__.py" in failure(plugin.root)


@pytest.mark.parametrize(
    "text",
    [
        'import plugin_sdk\nplugin_sdk.serve("weather.datasource:Weather")',
        'from plugin_sdk import serve\n\n\ndef main():\n    serve("weather.datasource:Weather")\n',
    ],
)
def test_the_class_is_read_from_the_call_of_serve(plugin: SourcePlugin, text: str) -> None:
    plugin.write("backend/weather/__main__.py", text)

    assert find_project(plugin.root).backend.entry == "weather.datasource:Weather"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "None"),
        ("serve()", "None"),
        ("serve(Weather)", "None"),
        ('print("weather.datasource:Weather")', "None"),
        ('serve("other.datasource:Weather")', "'other.datasource:Weather'"),
    ],
)
def test_a_main_that_does_not_name_the_class_is_told_what_to_write(
    plugin: SourcePlugin, text: str, found: str
) -> None:
    plugin.write("backend/weather/__main__.py", text)

    assert failure(plugin.root) == (
        "backend/weather/__main__.py does not name the plugin's class\n"
        f'  expected serve("weather.<module>:<Class>"), found {found}\n'
        '  try: write: from plugin_sdk import serve; serve("weather.datasource:MyDataSource")'
    )


def test_a_main_that_is_no_python_is_told_with_its_line(plugin: SourcePlugin) -> None:
    path = plugin.write("backend/weather/__main__.py", "serve(\n")

    assert failure(plugin.root).startswith(f"{path} cannot be read\n  '(' was never closed")
