from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from plugin_cli.build.facts import BuildFacts
from plugin_cli.build.report.components import Component, find_components
from plugin_cli.build.report.notices import bill_of_materials, licences_text
from plugin_cli.project import Project
from plugin_cli.target import Target
from tests.build.bundle.environment import facts_of, install, installed

LINUX = Target("linux", "amd64")
PROJECT = Project(Path("/repo"), {"id": "acme-weather-datasource", "name": "Weather"}, {})
FACTS = BuildFacts("1.2.3", "abc", datetime(2026, 11, 22, tzinfo=UTC))
PARTS = (
    Component("package", "httpx", "0.28", "BSD-3-Clause", texts=("Copyright Encode",)),
    Component("system", "libc6", "2.36-9", "LGPL-2.1", source="glibc 2.36-9", texts=("GNU text",)),
)


def bundle(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_files_count_as_the_package_or_python_they_came_from(tmp_path: Path) -> None:
    install(tmp_path, "Demo", {"demo/__init__.py": "", "demo-1.0.dist-info/licenses/LICENSE": "MIT text"})
    facts = facts_of(tmp_path)
    (tmp_path / "standard" / "json").mkdir(parents=True)
    (tmp_path / "standard" / "json" / "__init__.py").touch()
    folder = bundle(tmp_path / "b", "site/demo/core.so", "json/__init__.pyc", "entry", "standard.zip")
    origins = {"json/__init__.pyc": str(tmp_path / "standard/json/__init__.py")}
    found, unknown = find_components(
        folder, origins, {"site/demo/core.so": "demo"}, installed(tmp_path), facts
    )
    assert [(item.kind, item.name, item.version) for item in found] == [
        ("package", "demo", "1.0"),
        ("python", "Python", "3.11.7"),
    ]
    assert found[0].texts == ("MIT text",)
    assert unknown == ()


def test_a_file_that_belongs_to_nobody_is_listed_and_no_failure(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "b", "strange.so")
    origins = {"strange.so": str(tmp_path / "opt" / "strange.so")}
    found, unknown = find_components(folder, origins, {}, {}, facts_of(tmp_path))
    assert (found, unknown) == ((), ("strange.so",))


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
