"""Provisioning that names a container's folders, for a Grafana that runs beside the plugin."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin_cli.dev.grafana.installed.provisioning import write_provisioning
from plugin_cli.provisioning.expansion import expand
from plugin_cli.system.parse import parse_yaml

FOLDERS = ("plain", "with space", "with # and: colon", "mit Ümlaut")
LINES = (
    "path: /etc/grafana/provisioning/dashboards",
    "path: '/etc/grafana/provisioning/dashboards'",
    'path: "/etc/grafana/provisioning/dashboards"  # all of them',
    "path: $GF_PATHS_PROVISIONING/dashboards",
)


@pytest.mark.parametrize(
    ("line", "folder"),
    [
        *((line, folder) for line in LINES for folder in (*FOLDERS, "with $dollar")),
        # What comes out of braces Grafana fills in once more, a dollar sign in it too.
        *(("path: ${GF_PATHS_PROVISIONING}/dashboards", folder) for folder in FOLDERS),
    ],
)
def test_a_path_of_the_container_holds_beside_the_plugin(line: str, folder: str, tmp_path: Path) -> None:
    source = tmp_path / folder / "provisioning"
    (source / "dashboards").mkdir(parents=True)
    (source / "dashboards" / "all.yaml").write_text(f"apiVersion: 1\n{line}\n")

    write_provisioning(source, tmp_path / "out")

    made = parse_yaml((tmp_path / "out" / "dashboards" / "all.yaml").read_bytes())
    assert expand(made["path"], {"GF_PATHS_PROVISIONING": str(source)}) == str(source / "dashboards")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("token: $__file{/etc/grafana/provisioning/token}", "token: $__file{SOURCE/token}"),
        ("a: /etc/grafana/provisioning", "a: $GF_PATHS_PROVISIONING"),
        ("a: /etc/grafana/provisioning-old/x", "a: /etc/grafana/provisioning-old/x"),
        ("a: /etc/grafana/grafana.ini", "a: /etc/grafana/grafana.ini"),
        ("a: '{{ $labels.x }} $$5'", "a: '{{ $labels.x }} $$5'"),
        ("a: ü\r\nb: 1\r\n", "a: ü\r\nb: 1\r\n"),
    ],
)
def test_nothing_else_is_changed(text: str, expected: str, tmp_path: Path) -> None:
    source = tmp_path / "provisioning"
    (source / "datasources").mkdir(parents=True)
    (source / "datasources" / "d.yaml").write_bytes(text.encode())

    write_provisioning(source, tmp_path / "out")

    made = (tmp_path / "out" / "datasources" / "d.yaml").read_bytes().decode()
    assert made == expected.replace("SOURCE", str(source))


def test_a_copy_is_made_anew_and_has_every_folder_that_grafana_looks_for(tmp_path: Path) -> None:
    source = tmp_path / "provisioning"
    (source / "alerting").mkdir(parents=True)
    (source / "alerting" / "rules.json").write_text("{}")
    (source / "datasources").mkdir()
    (source / "datasources" / "bad.yml").write_bytes(b"a: \xff")

    write_provisioning(source, tmp_path / "out")
    (source / "alerting" / "rules.json").unlink()
    write_provisioning(source, tmp_path / "out")

    found = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*"))
    folders = ["access-control", "alerting", "dashboards", "datasources", "plugins"]
    assert found == sorted([*folders, "datasources/bad.yml"])
    assert (tmp_path / "out" / "datasources" / "bad.yml").read_bytes() == b"a: \xff"


def test_a_plugin_without_provisioning_has_empty_folders(tmp_path: Path) -> None:
    write_provisioning(tmp_path / "nothing", tmp_path / "out")

    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
