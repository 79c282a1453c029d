from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from plugin_cli.console import TerminalConsole
from plugin_cli.errors import PluginCliError, ProjectError
from plugin_cli.release.package import package
from tests.build.plugins import METADATA, valid_dist

CONSOLE = TerminalConsole()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "weather"
    (root / "src").mkdir(parents=True)
    (root / "src" / "plugin.json").write_text(json.dumps(METADATA))
    valid_dist(root / "dist")
    return root


def test_the_zip_has_the_id_and_the_version_and_sums_beside_it(project: Path) -> None:
    result = package(project, CONSOLE)
    assert result.archive.name == "acme-weather-datasource-1.2.3.zip"
    assert [path.name for path in result.sums] == [
        f"{result.archive.name}.sha1",
        f"{result.archive.name}.sha256",
    ]
    with zipfile.ZipFile(result.archive) as archive:
        assert {name.partition("/")[0] for name in archive.namelist()} == {"acme-weather-datasource"}


def test_packing_twice_gives_the_same_bytes(project: Path, tmp_path: Path) -> None:
    one, two = (package(project, CONSOLE, out=tmp_path / name).archive for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_without_dist_it_says_what_to_do(project: Path) -> None:
    (project / "dist").rename(project / "elsewhere")
    with pytest.raises(ProjectError, match="nothing to pack\n  try: plugin-cli build"):
        package(project, CONSOLE)


def test_what_validate_refuses_is_not_packed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "dist" / "LICENSE").unlink()
    with pytest.raises(ProjectError, match="LICENSE: is missing"):
        package(project, CONSOLE)
    assert not list(project.glob("*.zip"))
    # Nothing is said to be packed that is not.
    assert capsys.readouterr().err == ""


def test_a_read_only_folder_is_told(project: Path, tmp_path: Path) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a disk of its own needs root on Linux")
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", out], check=True)
    try:
        with pytest.raises(PluginCliError, match=r"cannot be written\n  .*Read-only file system"):
            package(project, CONSOLE, out=out)
    finally:
        subprocess.run(["umount", out], check=True)


def test_a_full_disk_leaves_no_half_zip(project: Path, tmp_path: Path) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a disk of its own needs root on Linux")
    (project / "dist" / "linux_amd64" / "big").write_bytes(os.urandom(200_000))
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=True)
    try:
        with pytest.raises(PluginCliError, match="No space left"):
            package(project, CONSOLE, out=small)
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)
