"""A built plugin that lies in a zip, which may be broken or made to do harm."""

from __future__ import annotations

import copy
import posixpath
import re
import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, cast

from plugin_cli.release.built_plugin import BuiltPlugin, Entry, kind_of
from plugin_cli.release.finding import Finding

# Go's unzip knows these two alone.
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_UTF8 = 0x800
# Unix and macOS; every other system's zips carry no modes.
_SYSTEMS_WITH_MODES = (3, 19)
_DOS_FOLDER = 0x10
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_END = struct.Struct("<4s4H2LH")
_END_BYTES = 22 + 65535
_MAX_DIRECTORY_BYTES = 16 * 1024 * 1024
_MAX_TOTAL_BYTES = 4 * 1024**3
_MAX_RATIO = 200
_RATIO_FROM_BYTES = 200_000_000
_MAKE_AGAIN = "zip it with plugin-cli package"
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)
# The installer puts the plugin's id in the place of a first part like this.
_INSTALLED_TOP = re.compile(r"^[A-Za-z0-9_.-]*/")


def read_zip(location: Path) -> BuiltPlugin:
    """Return the contents of the zip `location`, each file read once; what is damaged is a problem."""
    try:
        with location.open("rb") as file:
            _check_directory_size(file)
        archive = zipfile.ZipFile(location)
    except (*_DAMAGE, struct.error) as error:
        problem = _finding(
            location.name,
            f"is not a complete zip archive: {error}",
            "plugin-cli package   (or fetch it again)",
        )
        return BuiltPlugin(location, {}, is_zip=True, problems=(problem,), readable=False)
    infos = archive.infolist()
    members = tuple(raw_name(info) for info in infos)
    problems = list(_problems(archive, infos))
    readable = not any(finding.rule == "size" for finding in problems)
    if readable:
        entries = _entries(archive, infos)
        problems += _damaged(entries)
        return BuiltPlugin(location, entries, members, True, tuple(problems))
    return BuiltPlugin(location, {}, members, True, tuple(problems), readable=False)


def raw_name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name as Grafana takes it: the bytes in the zip, whatever they are said to be."""
    # The reader cuts a name at NUL and takes unmarked ones for the letters of an old PC.
    name = info.orig_filename
    return name if info.flag_bits & _UTF8 else name.encode("cp437").decode("utf-8", "surrogateescape")


def installed_name(name: str) -> str:
    """Return where Grafana's installer puts an entry, from the plugin's folder; `..` leads out of it."""
    return posixpath.relpath(
        posixpath.normpath("/plugins/" + _INSTALLED_TOP.sub("id/", name, count=1)), "/plugins/id"
    )


def _check_directory_size(file: IO[bytes]) -> None:
    """Raise where the list of entries alone would take more memory than any plugin's."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_BYTES))
    end = file.read()
    at = end.rfind(b"PK\5\6")
    if at < 0 or len(end) - at < _END.size:
        raise zipfile.BadZipFile("its end is missing")
    _, _, _, _, _, directory_bytes, _, _ = _END.unpack_from(end, at)
    # In a zip with 64-bit sizes the field is at its maximum and the true one stands elsewhere.
    if directory_bytes == 0xFFFFFFFF:
        directory_bytes = _wide_directory_bytes(file, end, at)
    if directory_bytes > _MAX_DIRECTORY_BYTES:
        raise zipfile.BadZipFile(f"its list of files takes {directory_bytes / 1e6:.0f} MB")


def _wide_directory_bytes(file: IO[bytes], end: bytes, at: int) -> int:
    locator = end[at - 20 : at] if at >= 20 else b""
    if locator[:4] != b"PK\6\7":
        raise zipfile.BadZipFile("its end is damaged")
    file.seek(cast(int, struct.unpack_from("<Q", locator, 8)[0]))
    return cast(int, struct.unpack_from("<Q", file.read(56), 40)[0])


def _problems(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> Iterator[Finding]:
    for info in infos:
        if info.flag_bits & _ENCRYPTED:
            yield _finding(raw_name(info), "is encrypted, which Grafana cannot read", _MAKE_AGAIN)
        elif info.compress_type not in _METHODS:
            yield _finding(
                raw_name(info),
                f"is compressed by method {info.compress_type}, which Grafana does not know",
                _MAKE_AGAIN,
            )
    yield from _size_problems(archive, infos)
    yield from _overlaps(archive, infos)


def _size_problems(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> Iterator[Finding]:
    total = sum(info.file_size for info in infos)
    packed = Path(cast(str, archive.filename)).stat().st_size
    name = Path(cast(str, archive.filename)).name
    if total > _MAX_TOTAL_BYTES:
        yield Finding(
            "size",
            "error",
            name,
            f"unpacks to {total / 1e9:.1f} GB",
            f"stay below {_MAX_TOTAL_BYTES / 1e9:.1f} GB",
        )
    elif total > _RATIO_FROM_BYTES and total > _MAX_RATIO * packed:
        yield Finding(
            "size",
            "error",
            name,
            f"unpacks to {total // packed} times its size, {total / 1e6:.0f} MB",
            "leave out files of zeros",
        )


def _overlaps(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> Iterator[Finding]:
    """Find entries that share bytes: a bomb, or a zip that says different things to different readers."""
    end = 0
    file = cast(IO[bytes], archive.fp)
    for info in sorted(infos, key=lambda item: item.header_offset):
        file.seek(info.header_offset)
        header = file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\3\4":
            yield _finding(raw_name(info), "is not where the list of the zip says", _MAKE_AGAIN)
            continue
        *_, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
        if info.header_offset < end:
            yield _finding(raw_name(info), "overlaps another entry", _MAKE_AGAIN)
        end = max(
            end, info.header_offset + _LOCAL_HEADER.size + name_bytes + extra_bytes + info.compress_size
        )
        if end > archive.start_dir:
            yield _finding(raw_name(info), "reaches into the list of the zip", _MAKE_AGAIN)


def _entries(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> dict[str, Entry]:
    """Return the entries by the place where they are installed; of two for one place the later one stays."""
    entries = {}
    for info in infos:
        name = installed_name(raw_name(info))
        mode = info.external_attr >> 16
        has_modes = info.create_system in _SYSTEMS_WITH_MODES
        is_folder = raw_name(info).endswith("/") or (not has_modes and info.external_attr & _DOS_FOLDER)
        if is_folder or name == "." or name.startswith(".."):
            continue
        entries[name] = Entry(
            name,
            info.file_size,
            stat.S_IMODE(mode) if has_modes else None,
            kind_of(mode) if has_modes else "file",
            partial(_open_whole, archive, info),
        )
    return entries


def _open_whole(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    """Open an entry for reading to its true end; the reader would stop at the size in the list of the zip."""
    true = copy.copy(info)
    true.file_size += 1
    with warnings.catch_warnings():
        # Newer Pythons warn of entries that overlap, which is a finding of ours.
        warnings.simplefilter("ignore", UserWarning)
        return archive.open(true)


def _damaged(entries: dict[str, Entry]) -> Iterator[Finding]:
    for name, entry in list(entries.items()):
        try:
            if entry.kind == "file" and entry.content.size != entry.size:
                raise zipfile.BadZipFile(f"it has {entry.content.size} bytes and not {entry.size}")
        except _DAMAGE as error:
            reason = " ".join(str(error).split()) or "it ends too early"
            yield _finding(name, f"cannot be unpacked: {reason}", "plugin-cli package   (or fetch it again)")
            entries[name] = Entry(name, entry.size, entry.mode, "damaged file", entry.open)


def _finding(name: str, message: str, remedy: str) -> Finding:
    return Finding("archive", "error", name, message, remedy)
