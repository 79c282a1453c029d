from __future__ import annotations

from pathlib import Path

import pytest

from plugin_cli.dev.grafana.compose import read_grafana_service
from plugin_cli.dev.grafana.environment import (
    grafana_environment,
    on_this_machine,
    provisioned_variables,
)
from plugin_cli.dev.grafana.image import split_image, with_tag
from plugin_cli.errors import ProjectError, UsageError
from plugin_cli.session.grafana_log import concerns, parse_line


def service(tmp_path: Path, text: str, **environ: str) -> dict[str, str]:
    path = tmp_path / "docker-compose.yaml"
    path.write_text("services:\n  grafana:\n    image: i\n    environment:\n" + text)
    return dict(read_grafana_service(path, environ).environment)


@pytest.mark.parametrize(
    ("written", "environ", "expected"),
    [
        ("$A", {"A": "1"}, "1"),
        ("${A}", {}, ""),
        ("${A-d}", {}, "d"),
        ("${A-d}", {"A": ""}, ""),
        ("${A:-d}", {"A": ""}, "d"),
        ("${A:+y}", {"A": "1"}, "y"),
        ("${A:+y}", {}, ""),
        ("$$A", {"A": "1"}, "$A"),
        ("a${A}b$B", {"A": "1", "B": "2"}, "a1b2"),
    ],
)
def test_variables_are_filled_in_as_compose_does(
    tmp_path: Path, written: str, environ: dict[str, str], expected: str
) -> None:
    assert service(tmp_path, f"      X: '{written}'\n", **environ) == {"X": expected}


def test_both_forms_of_an_environment_are_read(tmp_path: Path) -> None:
    assert service(tmp_path, "      - X=1\n      - Y\n      - Z\n", Y="2") == {"X": "1", "Y": "2"}
    assert service(tmp_path, "      X: true\n      Y:\n      Z:\n      N: 3\n", Y="2") == {
        "X": "true",
        "Y": "2",
        "N": "3",
    }


def test_a_file_env_gives_what_the_environment_lacks(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# comment\nA=file\nexport B='quoted'\n")

    assert service(tmp_path, "      X: $A$B\n") == {"X": "filequoted"}
    assert service(tmp_path, "      X: $A\n", A="mine") == {"X": "mine"}


def test_a_required_variable_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="environment variable KEY is not set"):
        service(tmp_path, "      X: ${KEY:?say it}\n")


@pytest.mark.parametrize("text", ["", "[]", "services: {}", "services: {grafana: 3}", "services:\n\t- x"])
def test_a_file_without_a_grafana_service_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "docker-compose.yaml"
    path.write_text(text)

    with pytest.raises(ProjectError):
        read_grafana_service(path, {})


def test_no_file_says_nothing(tmp_path: Path) -> None:
    found = read_grafana_service(tmp_path / "none.yaml", {})

    assert (found.image, found.environment) == ("", {})


def test_the_container_gets_what_it_needs_and_what_the_author_set(tmp_path: Path) -> None:
    (tmp_path / "datasources").mkdir()
    (tmp_path / "datasources" / "d.yaml").write_text(
        "secureJsonData: {key: $API_KEY, other: '${OTHER}', price: $$5}"
    )
    environ = {"API_KEY": "s", "UNRELATED": "no", "GF_LOG_LEVEL": "debug"}

    made = grafana_environment(
        "acme-x-datasource", {"GF_AUTH_BASIC_ENABLED": "true", "MINE": "1"}, tmp_path, environ
    )

    assert provisioned_variables(tmp_path) == {"API_KEY", "OTHER"}
    assert made["GF_DEFAULT_APP_MODE"] == "development"
    assert made["GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS"] == "acme-x-datasource"
    assert (made["GF_AUTH_BASIC_ENABLED"], made["MINE"], made["API_KEY"], made["GF_LOG_LEVEL"]) == (
        "true",
        "1",
        "s",
        "debug",
    )
    assert not {"UNRELATED", "OTHER"} & set(made)


@pytest.mark.parametrize(
    "name",
    [
        "GF_PATHS_DATA",
        "GF_PATHS_HOME",
        "GF_DATABASE_URL",
        "GF_DATABASE_PATH",
        "GF_DATABASE_HOST",
        "GF_SERVER_HTTP_ADDR",
        "GF_SERVER_HTTP_PORT",
        "GF_SERVER_PROTOCOL",
        "GF_SERVER_SOCKET",
        "GF_SERVER_CERT_FILE",
        "GF_LOG_MODE",
    ],
)
def test_on_this_machine_nothing_leads_grafana_to_another_ones_data_or_port(
    name: str, tmp_path: Path
) -> None:
    for composed, environ in (({name: "theirs"}, {}), ({}, {name: "theirs"})):
        asked = grafana_environment("acme-x-datasource", composed, tmp_path, environ)

        made = on_this_machine(asked, tmp_path / "session", tmp_path / "provisioning", 4000)

        assert "theirs" not in made.values()
        assert made["GF_PATHS_DATA"] == str(tmp_path / "session" / "data")
        assert (made["GF_SERVER_HTTP_ADDR"], made["GF_SERVER_HTTP_PORT"]) == ("127.0.0.1", "4000")


def test_on_this_machine_grafana_has_the_containers_settings(tmp_path: Path) -> None:
    container = grafana_environment("acme-x-datasource", {"GF_USERS_DEFAULT_THEME": "light"}, tmp_path, {})

    made = on_this_machine(container, tmp_path / "session", tmp_path / "provisioning", 4000)

    assert container.items() <= made.items()


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("grafana/grafana", ("grafana/grafana", "latest")),
        ("grafana/grafana:12.4.3", ("grafana/grafana", "12.4.3")),
        ("localhost:5000/grafana", ("localhost:5000/grafana", "latest")),
        ("localhost:5000/g:1", ("localhost:5000/g", "1")),
        ("localhost:5000/g@sha256:ab", ("localhost:5000/g", "sha256:ab")),
        ("grafana/grafana:12.4.3@sha256:ab", ("grafana/grafana", "sha256:ab")),
    ],
)
def test_an_image_is_a_repository_and_a_tag(image: str, expected: tuple[str, str]) -> None:
    assert split_image(image) == expected


def test_another_version_is_another_tag() -> None:
    assert with_tag("grafana/grafana:13.0.0", "12.4.3-ubuntu") == "grafana/grafana:12.4.3-ubuntu"
    with pytest.raises(UsageError):
        with_tag("grafana/grafana", "not a tag")


def test_grafanas_lines_are_read_in_both_its_forms() -> None:
    when, plugin = "2026-11-22T18:00:00", "acme-x-datasource"
    json_line = f'{{"t":"{when}+00:00","level":"eror","logger":"plugin.{plugin}","msg":"no","error":"why"}}'
    logfmt = f'logger=plugins.registration t={when}Z level=info msg="Plugin registered" pluginId={plugin}'

    one, two, three = (parse_line(line, 5.0) for line in (json_line, logfmt, "plain words"))

    assert (one.source, one.level, one.message, one.fields["error"]) == ("plugin", "error", "no", "why")
    assert (two.source, two.level, two.message, two.fields["pluginId"]) == (
        "grafana",
        "info",
        "Plugin registered",
        "acme-x-datasource",
    )
    assert one.time == two.time == 1795370400.0
    assert (three.time, three.level, three.message) == (5.0, "info", "plain words")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("logger=plugin.acme-x-datasource level=debug msg=x", True),
        ("logger=plugin.other-datasource level=error msg=x", False),
        ("logger=plugins.registration level=info msg=x pluginId=acme-x-datasource", True),
        ("logger=plugins.registration level=info msg=x pluginId=other", False),
        ("logger=context level=info msg=x pluginId=acme-x-datasource", True),
        ("logger=server level=error msg=x", True),
        ("logger=server level=info msg=x", False),
        ("logger=provisioning.datasources level=warn msg=x", True),
        ("logger=plugin.acme-x-datasource level=error msg=x id=1484", True),
        ("logger=plugins.signature level=warn msg=x id=acme-x-datasource", True),
        ("logger=plugins.signature level=warn msg=x id=other", False),
        ("logger=provisioning.alerting level=error msg=x error=bad", True),
        ('logger=provisioning.plugins level=error msg=x error="open p: no such file or directory"', False),
    ],
)
def test_a_line_concerns_the_plugin_or_not(line: str, expected: bool) -> None:
    assert concerns(parse_line(line, 0), "acme-x-datasource") is expected
