"""One view of a built plugin, whether it is a folder or a zip."""

from __future__ import annotations

import hashlib
import posixpath
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from plugin_cli.release.finding import Finding
from plugin_cli.system.parse import ParseError, parse_json

SYSTEMS = ("linux_amd64", "linux_arm64", "linux_arm", "windows_amd64", "darwin_amd64", "darwin_arm64")
_MEBIBYTE = 1024 * 1024
_CHUNK_BYTES = 256 * 1024
_EDGE_BYTES = 4096
_KEPT = {"plugin.json": 4, "MANIFEST.txt": 32, "module.js": 32, "module.js.map": 128}
_KEPT_OF_SYSTEM = {"buildinfo.json": 1, "sbom.cdx.json": 32, "files.txt": 32}


@dataclass(frozen=True)
class Content:
    """What one pass over a file's bytes gives.

    Attributes:
        size: how many they are.
        sha256: their digest in hexadecimal.
        head: the first 4 KiB.
        tail: the last 4 KiB.
        data: all bytes of a file that a rule reads, None for others and for those over the limit.
    """

    size: int
    sha256: str
    head: bytes
    tail: bytes
    data: bytes | None


@dataclass(frozen=True)
class Entry:
    """A file of a built plugin, or what stands in the place of one.

    Attributes:
        name: where it is, below plugin.json.
        size: its size in bytes.
        mode: its permission bits with setuid, setgid and sticky; None where none are recorded.
        kind: a word of `kind_of`.
        open: opens its bytes; called for files only.
    """

    name: str
    size: int
    mode: int | None
    kind: str
    open: Callable[[], IO[bytes]] = field(repr=False)

    @cached_property
    def content(self) -> Content:
        """The content, read once and in pieces.

        Raises:
            OSError: the file cannot be read.
            zipfile.BadZipFile: the zip is damaged there; so do the other errors of its reader.
        """
        digest, size, head, tail = hashlib.sha256(), 0, b"", b""
        pieces: list[bytes] | None = [] if self.size <= (kept_bytes(self.name) or -1) else None
        with self.open() as file:
            while piece := file.read(_CHUNK_BYTES):
                digest.update(piece)
                size += len(piece)
                head = head or piece[:_EDGE_BYTES]
                tail = (tail + piece)[-_EDGE_BYTES:]
                if pieces is not None:
                    pieces.append(piece)
        data = b"".join(pieces) if pieces is not None else None
        return Content(size, digest.hexdigest(), head, tail, data)


def opener(path: Path) -> Callable[[], IO[bytes]]:
    """Return what opens a file on disk."""
    return lambda: path.open("rb")


def kept_bytes(name: str) -> int | None:
    """Return how large a file that rules read whole may be; None for a file that they do not read."""
    folder, _, base = name.rpartition("/")
    kept = _KEPT_OF_SYSTEM if folder in SYSTEMS else {} if folder else _KEPT
    return kept[base] * _MEBIBYTE if base in kept else None


def kind_of(mode: int) -> str:
    """Return what a mode of Unix says that something is, in a word or two."""
    names = {
        stat.S_IFDIR: "folder",
        stat.S_IFLNK: "symbolic link",
        stat.S_IFIFO: "named pipe",
        stat.S_IFCHR: "device",
        stat.S_IFBLK: "device",
        stat.S_IFSOCK: "socket",
    }
    return names.get(stat.S_IFMT(mode), "file")


@dataclass(frozen=True)
class BuiltPlugin:
    """A built plugin.

    Attributes:
        location: the folder or zip.
        entries: what it holds besides folders, by the place below plugin.json.
        members: the names as they are written; in a zip with the folder on its top, which a folder has not.
        is_zip: it is a zip.
        problems: what was found while it was read.
        readable: the content could be read; where not, `problems` says all there is to say.
    """

    location: Path
    entries: dict[str, Entry]
    members: tuple[str, ...] = ()
    is_zip: bool = False
    problems: tuple[Finding, ...] = ()
    readable: bool = True

    def data(self, name: str) -> bytes:
        """Return the bytes of a file that rules read.

        Raises:
            ParseError: it is not a file, is too large or cannot be read.
            KeyError: there is none.
        """
        entry = self.entries[name]
        if entry.kind != "file":
            raise ParseError(f"it is a {entry.kind}")
        try:
            data = entry.content.data
        except OSError as error:
            raise ParseError(str(error.strerror or error)) from error
        if data is None:
            raise ParseError(f"it is larger than {(kept_bytes(name) or 0) // _MEBIBYTE} MiB")
        return data

    def text(self, name: str) -> str:
        """Return a file's text; the same errors as `data`."""
        return self.data(name).decode("utf-8", "replace")

    def json(self, name: str) -> dict[str, Any]:
        """Return the object in a JSON file.

        Raises:
            ParseError: it holds something else; and the errors of `data`.
        """
        value = parse_json(self.data(name))
        if not isinstance(value, dict):
            raise ParseError("it is not a JSON object")
        return value

    @cached_property
    def _metadata(self) -> dict[str, Any] | None:
        try:
            return self.json("plugin.json")
        except (KeyError, ParseError):
            return None

    def metadata(self) -> dict[str, Any] | None:
        """Return the parsed plugin.json, None where there is none or it is not a JSON object."""
        return self._metadata

    def executables(self) -> dict[str, str]:
        """Return the files that Grafana would start, by their `<os>_<arch>`."""
        name = (self.metadata() or {}).get("executable")
        if not isinstance(name, str) or not name:
            return {}
        base = posixpath.normpath(name)
        files = {system: f"{base}_{system}{'.exe' * system.startswith('windows')}" for system in SYSTEMS}
        return {system: file for system, file in files.items() if file in self.entries}
