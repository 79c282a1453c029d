from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plugin_cli.build.facts import BuildFacts
from plugin_cli.build.report.components import Component, find_components
from plugin_cli.build.report.notices import bill_of_materials, licences_text
from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project
from plugin_cli.target import Target

LINUX = Target("linux", "amd64")
PROJECT = Project(Path("/repo"), {"id": "acme-weather-datasource", "name": "Weather"}, {})
FACTS = BuildFacts("1.2.3", "abc", datetime(2026, 11, 22, tzinfo=UTC))
PARTS = (
    Component("package", "httpx", "0.28", "BSD-3-Clause", texts=("Copyright Encode",)),
    Component("system", "libc6", "2.36-9", "LGPL-2.1", source="glibc 2.36-9", texts=("GNU text",)),
)


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    info = tmp_path / "venv" / "lib" / "python3.11" / "site-packages" / "demo-1.0.dist-info"
    (info / "licenses").mkdir(parents=True)
    (info / "METADATA").write_text("Name: Demo\nVersion: 1.0\nLicense-Expression: MIT\n\nreadme")
    (info / "RECORD").write_text("demo/__init__.py,,\ndemo/core.so,,\ndemo.libs/libz-1.so,,\n")
    (info / "licenses" / "LICENSE").write_text("MIT text")
    return tmp_path / "venv"


def bundle(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_files_of_a_package_count_as_it_and_the_standard_library_as_python(
    tmp_path: Path, environment: Path
) -> None:
    folder = bundle(
        tmp_path / "b", "demo/__init__.pyc", "demo/core.so", "libz-1.so", "json/__init__.pyc", "entry"
    )
    found = find_components(folder, {}, environment, tmp_path / "repo")
    assert (found[0].kind, found[0].name, found[0].version) == ("package", "demo", "1.0")
    assert [item.kind for item in found] == ["package", "python"]
    assert found[0].texts == ("MIT text",)


def test_a_file_that_belongs_to_nobody_fails_the_build_by_name(tmp_path: Path, environment: Path) -> None:
    folder = bundle(tmp_path / "b", "strange.so")
    with pytest.raises(PluginCliError, match=r"nobody knows where strange\.so in the bundle comes from"):
        find_components(
            folder, {"strange.so": str(tmp_path / "opt" / "strange.so")}, environment, tmp_path / "repo"
        )


def test_the_authors_own_files_are_nobody_elses(tmp_path: Path, environment: Path) -> None:
    folder = bundle(tmp_path / "b", "assets/x.csv")
    origin = str(tmp_path / "repo" / "assets" / "x.csv")
    assert find_components(folder, {"assets/x.csv": origin}, environment, tmp_path / "repo") == ()


def test_licences_hold_every_text_and_the_offer_for_system_libraries() -> None:
    text = licences_text(PROJECT, PARTS, LINUX)
    assert "httpx 0.28 (BSD-3-Clause)" in text
    assert "Copyright Encode" in text
    assert "source package glibc 2.36-9 of the distribution" in text
    assert text.count("for three years") == 1


def test_a_licence_that_two_parts_share_is_given_once() -> None:
    parts = tuple(Component("package", name, "1", "MIT", texts=("MIT text",)) for name in ("one", "two"))
    text = licences_text(PROJECT, parts, LINUX)
    assert text.count("MIT text") == 1
    assert "two 1\nPython package, licence: MIT" in text
    assert "The same text as for one, above." in text


def test_the_bill_of_materials_is_cyclonedx_and_the_same_for_the_same_input() -> None:
    bill = json.loads(bill_of_materials(PROJECT, PARTS, LINUX, FACTS))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert [part["purl"] for part in bill["components"]] == [
        "pkg:pypi/httpx@0.28",
        "pkg:deb/debian/libc6@2.36-9?arch=amd64",
    ]
    assert bill == json.loads(bill_of_materials(PROJECT, PARTS, LINUX, FACTS))
