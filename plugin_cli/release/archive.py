"""Zip files whose bytes depend on nothing but what is in them, and the sums that go with them."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

# The earliest time that zip can hold.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FILE = 0o100000
_DEFLATED_BY_UNIX = 3
_SUMS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}


def write_zip(folder: Path, top: str, archive: Path) -> None:
    """Write all files below `folder` into `archive`, below one folder `top`: sorted, with fixed times."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name in sorted(files):
            path = files[name]
            entry = zipfile.ZipInfo(f"{top}/{name}", _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Written on any system, read as if on Unix: only there are modes.
            entry.create_system = _DEFLATED_BY_UNIX
            entry.external_attr = (_FILE | mode_of(name, path)) << 16
            file.writestr(entry, path.read_bytes())


def mode_of(name: str, path: Path) -> int:
    """Return 0755 for what is started and 0644 for the rest, also where the file system knows no modes."""
    if path.stat().st_mode & 0o100 and not name.endswith((".so", ".dll", ".dylib", ".exe")):
        return 0o755
    started = name.startswith("gpx_") and "/" not in name
    return 0o755 if started or name.endswith(_STARTED_ENDINGS) else 0o644


_STARTED_ENDINGS = ("_linux_amd64", "_linux_arm64", "_darwin_amd64", "_darwin_arm64", "_windows_amd64.exe")


def write_sums(archive: Path) -> tuple[Path, ...]:
    """Write `<archive>.sha1` and `<archive>.sha256` as the tools of those names read them."""
    data = archive.read_bytes()
    written = []
    for kind, hasher in _SUMS.items():
        path = archive.with_name(f"{archive.name}.{kind}")
        path.write_text(f"{hasher(data).hexdigest()}  {archive.name}\n", encoding="utf-8")
        written.append(path)
    return tuple(written)
