"""Zip files whose bytes depend on nothing but what is in them, and the sums that go with them."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

# The earliest time that zip can hold.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FILE = 0o100000
_DEFLATED_BY_UNIX = 3
_SUMS = ("sha1", "sha256")
_CHUNK_BYTES = 1024 * 1024


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
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, file.open(entry, "w") as packed:
                shutil.copyfileobj(source, packed, _CHUNK_BYTES)


def mode_of(name: str, path: Path) -> int:
    """Return 0755 for what is started and 0644 for the rest, also where the file system knows no modes."""
    if path.stat().st_mode & 0o100 and not name.endswith((".so", ".dll", ".dylib", ".exe")):
        return 0o755
    started = name.startswith("gpx_") and "/" not in name
    return 0o755 if started or name.endswith(_STARTED_ENDINGS) else 0o644


_STARTED_ENDINGS = ("_linux_amd64", "_linux_arm64", "_darwin_amd64", "_darwin_arm64", "_windows_amd64.exe")


def write_sums(archive: Path) -> tuple[Path, ...]:
    """Write `<archive>.sha1` and `<archive>.sha256` as the tools of those names read them."""
    written = []
    for kind in _SUMS:
        path = archive.with_name(f"{archive.name}.{kind}")
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, kind).hexdigest()
        path.write_text(f"{digest}  {archive.name}\n", encoding="utf-8")
        written.append(path)
    return tuple(written)
