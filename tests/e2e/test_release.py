"""What is published: sdist and wheel hold the rich preview page, and the licences of what it is made of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.built_plugin import ROOT

pytestmark = pytest.mark.e2e
PAGE = ROOT / "frontend" / "preview" / "dist"
_UV = Path(sys.executable).parent / "uv"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (PAGE / "index.html").is_file():
        needs_node = "" if shutil.which("npm") else "optional: needs Node 20.19 or newer: "
        pytest.skip(f"{needs_node}the rich page is not built (scripts/preview)")
    folder = tmp_path_factory.mktemp("released")
    done = subprocess.run(
        [_UV, "build", "--quiet", "--out-dir", folder, ROOT],
        env={**os.environ, "WITH_PREVIEW": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def page_files() -> set[str]:
    return {path.relative_to(PAGE).as_posix() for path in PAGE.rglob("*") if path.is_file()}


def test_the_wheel_made_from_the_sdist_holds_the_page(released: Path) -> None:
    (wheel,) = released.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())

    assert page_files() <= {name.removeprefix("plugin_cli/_resources/preview/") for name in names}
    assert "plugin_cli/_resources/preview/THIRD_PARTY_LICENSES.txt" in names


def test_the_sdist_holds_the_page_and_no_packages(released: Path) -> None:
    (sdist,) = released.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {f"frontend/preview/dist/{name}" for name in page_files()} <= names
    assert not [name for name in names if "node_modules" in name or name.startswith(".cache")]


def test_the_installed_release_shows_the_rich_page(released: Path, tmp_path: Path) -> None:
    (wheel,) = released.glob("*.whl")
    target = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(target)
    code = "from plugin_cli.resources import preview_dir; print(preview_dir())"

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(target)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == str(target / "plugin_cli" / "_resources" / "preview")
