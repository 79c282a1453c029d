from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from plugin_cli.scaffold.answers import Answers
from plugin_cli.scaffold.render import Tree
from tests.scaffold.scaffolds import COMBINATIONS, TOOL, answers, label, rendered

ALWAYS = {
    ".gitignore",
    ".devcontainer/Dockerfile",
    ".devcontainer/devcontainer.json",
    ".vscode/extensions.json",
    ".vscode/launch.json",
    ".vscode/settings.json",
    "AGENTS.md",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "backend/tests/test_datasource.py",
    "backend/tests/test_standard.py",
    "backend/weather_datasource/__init__.py",
    "backend/weather_datasource/__main__.py",
    "backend/weather_datasource/datasource.py",
    "backend/weather_datasource/models.py",
    "docker-compose.yaml",
    "provisioning/dashboards/dashboards.yaml",
    "provisioning/dashboards/weather.json",
    "provisioning/datasources/datasources.yaml",
    "pyproject.toml",
    "src/img/logo.svg",
    "src/plugin.json",
}
ALERTING = {"provisioning/alerting/rules.yaml"}
REACT = {
    ".oxlintrc.json",
    "package-lock.json",
    "package.json",
    "src/datasource.ts",
    "src/editors.tsx",
    "src/generated/editors.d.ts",
    "src/generated/editors.js",
    "src/generated/schema.json",
    "src/generated/types.ts",
    "src/module.ts",
    "test/grafana_data.ts",
    "test/grafana_runtime.ts",
    "test/grafana_ui.tsx",
    "test/module.test.tsx",
    "tsconfig.json",
    "vite.config.ts",
}
E2E = {"e2e/datasource.spec.ts", "e2e/package.json", "e2e/playwright.config.ts"}
CI = {
    ".github/dependabot.yml",
    ".github/workflows/ci.yml",
    ".github/workflows/release.yml",
    ".gitlab-ci.yml",
    "renovate.json",
}

every_combination = pytest.mark.parametrize("one", COMBINATIONS, ids=label)


@every_combination
def test_scaffold_has_exactly_the_files_of_its_layers(one: Answers) -> None:
    layers = {"alerting": ALERTING, "ci": CI, "react": REACT}
    chosen = [files for name, files in layers.items() if getattr(one, name, one.frontend == name)]

    assert set(rendered(one)) == ALWAYS.union(*chosen)


def test_the_tests_in_a_browser_are_a_folder_of_their_own() -> None:
    plain, made = (rendered(answers(e2e=e2e)) for e2e in (False, True))

    assert set(made) - set(plain) == E2E
    assert {name for name in plain if plain[name] != made[name]} == {".gitignore"}
    assert "gotoDataSourceConfigPage('weather')" in made["e2e/datasource.spec.ts"].decode()
    assert b"\n/e2e/results/\n" in made[".gitignore"]
    # Exact versions: what ran once runs again.
    versions = json.loads(made["e2e/package.json"])["devDependencies"].values()
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)


@every_combination
def test_every_file_parses(one: Answers) -> None:
    for name, content in rendered(one).items():
        text = content.decode()
        assert text.endswith("\n"), name
        assert text.strip(), name
        parse(name, text)


def parse(name: str, text: str) -> object:
    """Parse a file by its suffix; an exception fails the test."""
    match Path(name).suffix:
        case ".json" if name != "tsconfig.json":  # which may hold comments
            return json.loads(text)
        case ".yaml" | ".yml":
            return yaml.safe_load(text)
        case ".toml":
            return tomllib.loads(text)
        case ".py":
            return ast.parse(text)
        case _:
            return text


@every_combination
def test_no_template_syntax_is_left_in_the_output(one: Answers) -> None:
    for name, content in rendered(one).items():
        if name.endswith((".ts", ".tsx", ".js")):  # style={{...}} is no template
            continue
        without_github = re.sub(r"\$\{\{.*?\}\}", "", content.decode())
        assert "{{" not in without_github, name
        assert "{%" not in without_github, name


@every_combination
def test_plugin_json_says_what_was_chosen(one: Answers) -> None:
    metadata = json.loads(rendered(one)["src/plugin.json"])

    assert metadata["id"] == "acme-weather-datasource"
    assert metadata["executable"] == "gpx_weather"
    assert metadata["backend"] is True
    assert metadata.get("alerting", False) is one.alerting
    assert metadata.get("streaming", False) is one.stream
    assert metadata.get("annotations", False) is one.annotations
    assert metadata["dependencies"]["grafanaDependency"] == ">=11.6.0"
    assert metadata["info"]["version"] == "%VERSION%"
    assert metadata["info"]["updated"] == "%TODAY%"


def test_names_with_every_kind_of_quote_stay_what_they_are_everywhere() -> None:
    name, org = 'Köln\'s "$HOME" \\ {{ 7 * 7 }} # <b> ☀️', 'Ärger & Söhne "KG": x'
    files = rendered(answers(name=name, org=org, description=f"{name}: it is"))

    for path, content in files.items():
        parse(path, content.decode())
    metadata = json.loads(files["src/plugin.json"])
    assert (metadata["name"], metadata["info"]["author"]["name"]) == (name, org)
    assert tomllib.loads(files["pyproject.toml"].decode())["project"]["description"] == f"{name}: it is"
    source = yaml.safe_load(files["provisioning/datasources/datasources.yaml"])["datasources"][0]
    # Grafana reads $$ as a dollar sign and $HOME as a variable.
    assert source["name"] == name.replace("$", "$$")
    assert json.loads(files[f"provisioning/dashboards/{source['uid']}.json"])["title"] == name


def test_the_alert_rule_asks_the_provisioned_data_source_every_ten_seconds_for_a_last_value_above_15() -> (
    None
):
    files = rendered(answers())
    (group,) = yaml.safe_load(files["provisioning/alerting/rules.yaml"])["groups"]
    (rule,) = group["rules"]
    query, reduce, threshold = rule["data"]

    assert group["interval"] == "10s"
    assert query["datasourceUid"] == provisioned(files)["uid"]
    assert (reduce["model"]["reducer"], reduce["model"]["expression"]) == ("last", "A")
    assert rule["condition"] == threshold["refId"]
    assert threshold["model"]["conditions"][0]["evaluator"] == {"type": "gt", "params": [15]}


def test_the_dashboard_has_a_panel_on_the_provisioned_data_source() -> None:
    files = rendered(answers())
    (panel,) = json.loads(files["provisioning/dashboards/weather.json"])["panels"]

    assert panel["datasource"] == {"type": "acme-weather-datasource", "uid": provisioned(files)["uid"]}


def test_the_secret_comes_from_the_environment_and_compose_hands_it_on() -> None:
    files = rendered(answers(name="Py Weather"))
    compose = yaml.safe_load(files["docker-compose.yaml"])["services"]["grafana"]

    assert provisioned(files)["secureJsonData"] == {"api_key": "$PY_WEATHER_API_KEY"}
    assert compose["environment"]["PY_WEATHER_API_KEY"] == "${PY_WEATHER_API_KEY-}"


def test_compose_publishes_on_this_machine_only() -> None:
    (port,) = yaml.safe_load(rendered(answers())["docker-compose.yaml"])["services"]["grafana"]["ports"]

    assert port == "127.0.0.1:${GRAFANA_PORT-}:3000"


def test_files_that_are_not_rendered_are_source_as_it_stands() -> None:
    files = (TOOL.templates / "template").rglob("*")
    plain = [path for path in files if path.is_file() and path.suffix != ".jinja"]

    assert plain
    for path in plain:
        if "__pycache__" not in path.parts and path.suffix not in (".ts", ".tsx", ".js"):
            assert "{{" not in re.sub(r"\$\{\{.*?\}\}", "", path.read_text(encoding="utf-8")), path


def test_no_two_files_of_the_template_become_the_same_one() -> None:
    root = TOOL.templates / "template"
    made = [
        re.sub(r"(^|/)\{% if (not )?\w+ %\}\.\{% endif %\}/", r"\1", path.relative_to(root).as_posix())
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]

    assert sorted(made) == sorted(set(made))


def provisioned(files: Tree) -> dict[str, object]:
    """Return the data source of the development environment."""
    (source,) = yaml.safe_load(files["provisioning/datasources/datasources.yaml"])["datasources"]
    assert isinstance(source, dict)
    return source
