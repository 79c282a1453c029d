"""Grafana as packages, archives and Homebrew lay it out, found by its program, its folder or the PATH."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from plugin_cli.errors import ToolFailedError, ToolMissingError, UsageError
from plugin_cli.system import installed_grafana
from plugin_cli.system.installed_grafana import InstalledGrafana, find_grafana, named_grafana

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="optional: programs of these tests are scripts"
)


def program(path: Path, says: str = "grafana version 12.4.3", *, binary: bool = True) -> Path:
    """Write a program; a `binary` begins as no script does, and cannot be executed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\x7fELF" if binary else f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def home(path: Path) -> Path:
    (path / "conf").mkdir(parents=True)
    (path / "conf" / "defaults.ini").write_text("")
    return path


@pytest.fixture(autouse=True)
def _nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed_grafana, "_HOMES", ("/nowhere/usr/share/grafana",))


# The layout: its home folder, its program, and what may name it.
LAYOUTS = {
    "archive": ("grafana-12.4.3", "grafana-12.4.3/bin/grafana", ["grafana-12.4.3", "grafana-12.4.3/bin"]),
    "package": ("usr/share/grafana", "usr/share/grafana/bin/grafana", ["usr/share/grafana"]),
    "homebrew": ("Cellar/grafana/12/share/grafana", "Cellar/grafana/12/bin/grafana", ["Cellar/grafana/12"]),
    "windows": ("grafana", "grafana/bin/grafana.exe", ["grafana"]),
    "server": ("grafana-9", "grafana-9/bin/grafana-server", ["grafana-9"]),
    "source": ("src", "src/bin/linux-amd64/grafana", ["src/bin/linux-amd64"]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_installation_is_named_by_its_program_or_its_folder(layout: str, tmp_path: Path) -> None:
    folder, path, folders = LAYOUTS[layout]
    expected = InstalledGrafana(program(tmp_path / path), home(tmp_path / folder))
    (tmp_path / "link").symlink_to(tmp_path / path)

    for name in (path, *folders, folder if layout != "source" else path, "link"):
        assert named_grafana(tmp_path / name) == expected, name

    server = () if layout == "server" else ("server",)
    assert expected.command == (str(tmp_path / path), *server)


def test_a_packages_wrapper_leads_to_the_program_that_it_starts(tmp_path: Path) -> None:
    expected = InstalledGrafana(
        program(tmp_path / "usr/share/grafana/bin/grafana"), home(tmp_path / "usr/share/grafana")
    )
    for name in ("grafana", "grafana-server"):
        wrapper = program(tmp_path / "usr/sbin" / name, binary=False)

        assert named_grafana(wrapper) == expected
        assert find_grafana({"PATH": str(wrapper.parent)}) == expected


def test_a_wrapper_elsewhere_leads_to_the_packages_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed_grafana, "_HOMES", (str(home(tmp_path / "pkg/share/grafana")),))
    expected = InstalledGrafana(
        program(tmp_path / "pkg/share/grafana/bin/grafana"), tmp_path / "pkg/share/grafana"
    )

    assert named_grafana(program(tmp_path / "links/grafana", binary=False)) == expected


def test_the_path_comes_before_the_usual_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = program(home(tmp_path / "usual") / "bin" / "grafana")
    own = program(home(tmp_path / "own") / "bin" / "grafana")
    monkeypatch.setattr(installed_grafana, "_HOMES", (str(tmp_path / "usual"),))

    assert find_grafana({"PATH": str(own.parent)}).program == own
    assert find_grafana({"PATH": ""}).program == usual
    assert find_grafana({"PATH": "", "GRAFANA_HOME": str(tmp_path / "own")}).program == own


@pytest.mark.parametrize("name", ["empty", "file", "nothing"])
def test_what_is_not_a_grafana_is_refused_with_what_one_has(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    program(tmp_path / "file")

    with pytest.raises(UsageError, match=r"is not a Grafana|does not exist") as raised:
        named_grafana(tmp_path / name)

    assert "conf/defaults.ini" in str(raised.value)


def test_a_machine_without_one_says_how_to_get_on(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "grafana")  # a program of that name alone

    with pytest.raises(ToolMissingError, match="no Grafana is installed") as raised:
        find_grafana({"PATH": str(tmp_path / "bin")})

    assert "--grafana FOLDER" in str(raised.value)


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("grafana version 12.4.3", "12.4.3"),
        ("Version 11.6.0 (commit: abc, branch: HEAD)", "11.6.0"),
        ("grafana version 13.0.0-91234", "13.0.0-91234"),
        ("grafana version 12.4.3+security-01", "12.4.3+security-01"),
    ],
)
def test_the_program_says_its_version(says: str, version: str, tmp_path: Path) -> None:
    found = InstalledGrafana(program(tmp_path / "bin/grafana", says, binary=False), home(tmp_path))

    assert found.version() == version


def test_a_program_that_says_no_version_is_shown_with_what_it_said(tmp_path: Path) -> None:
    found = InstalledGrafana(program(tmp_path / "bin/grafana", "segfault", binary=False), home(tmp_path))

    with pytest.raises(ToolFailedError, match="segfault"):
        found.version()


def test_a_program_of_another_system_is_a_sentence(tmp_path: Path) -> None:
    found = InstalledGrafana(program(tmp_path / "bin/grafana"), home(tmp_path))

    with pytest.raises((ToolMissingError, ToolFailedError), match="does not say its version"):
        found.version()
