from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

from plugin_cli.release.archive import write_sums, write_zip


def make(folder: Path) -> Path:
    (folder / "linux_amd64").mkdir(parents=True)
    (folder / "plugin.json").write_text("{}")
    (folder / "gpx_x_linux_amd64").write_bytes(b"\x7fELF")
    (folder / "gpx_x_linux_amd64").chmod(0o755)
    (folder / "linux_amd64" / "ld-linux.so.2_linux_amd64").write_bytes(b"\x7fELF")
    (folder / "linux_amd64" / "libx.so").write_bytes(b"x")
    (folder / "linux_amd64" / "libx.so").chmod(0o755)
    return folder


def test_the_same_files_give_the_same_bytes_whenever_and_in_whatever_order_they_were_made(
    tmp_path: Path,
) -> None:
    one, two = make(tmp_path / "one"), make(tmp_path / "two")
    os.utime(two / "plugin.json", (1, 1))
    (two / "zz").write_text("")
    (two / "zz").unlink()
    for folder in (one, two):
        write_zip(folder, "acme-x", folder.with_suffix(".zip"))
    assert one.with_suffix(".zip").read_bytes() == two.with_suffix(".zip").read_bytes()


def test_modes_in_the_zip_are_those_that_grafanas_installer_keeps(tmp_path: Path) -> None:
    write_zip(make(tmp_path / "dist"), "acme-x", tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}
        assert {info.create_system for info in archive.infolist()} == {3}
    assert modes == {
        "acme-x/gpx_x_linux_amd64": 0o755,
        "acme-x/linux_amd64/ld-linux.so.2_linux_amd64": 0o755,
        "acme-x/linux_amd64/libx.so": 0o644,
        "acme-x/plugin.json": 0o644,
    }


def test_sums_are_those_of_the_zip(tmp_path: Path) -> None:
    archive = tmp_path / "x.zip"
    archive.write_bytes(b"data")
    sha1, sha256 = write_sums(archive)
    assert sha1.read_text() == f"{hashlib.sha1(b'data').hexdigest()}  x.zip\n"
    assert sha256.read_text() == f"{hashlib.sha256(b'data').hexdigest()}  x.zip\n"
