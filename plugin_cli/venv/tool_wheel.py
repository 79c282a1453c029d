"""A wheel of the running tool, for plugins made with a tool that no index has."""

from __future__ import annotations

import base64
import hashlib
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from plugin_cli.venv.tool_source import ToolSource, installed_tool

# Zip cannot hold an earlier time; a fixed one gives the same code the same wheel.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_METADATA_FILES = ("METADATA", "entry_points.txt")
_WHEEL = b"""Wheel-Version: 1.0
Generator: plugin-cli
Root-Is-Purelib: true
Tag: py3-none-any
"""


def local_wheel(source: ToolSource, folder: Path) -> tuple[Path, bool]:
    """Return the wheel of the running code below `folder`, and whether it is new there.

    It is packed from the files that run, without a build backend, so that it needs no network and
    holds exactly this code. `folder` ignores itself in git: such a wheel is useless on another machine.
    """
    files = dict(sorted(_files(source)))
    digest = _fingerprint(files)
    version = installed_tool().version
    wheel = folder / f"grafana_plugin_cli-{version}-py3-none-any.whl"
    mark = folder / "fingerprint"
    if wheel.is_file() and mark.is_file() and mark.read_text() == digest:
        return wheel, False
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    aside = wheel.with_suffix(".partial")
    _pack(aside, files, f"grafana_plugin_cli-{version}.dist-info")
    aside.replace(wheel)
    mark.write_text(digest)
    return wheel, True


def _files(source: ToolSource) -> Iterator[tuple[str, Path]]:
    """Yield the name in the wheel and the file of everything that belongs to the tool's packages."""
    if source.checkout is None:
        for entry in installed_tool().files or ():
            if entry.parts[0] in ("plugin_cli", "plugin_sdk") and "__pycache__" not in entry.parts:
                yield entry.as_posix(), Path(str(entry.locate()))
        return
    for name, top in _checkout_parts(source.checkout):
        if top.is_file():
            yield name, top
        for path in top.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield f"{name}/{path.relative_to(top).as_posix()}", path


def _checkout_parts(checkout: Path) -> Iterator[tuple[str, Path]]:
    """Yield the folders and files that the checkout's own build configuration puts into a wheel."""
    document = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = document["tool"]["hatch"]["build"]["targets"]["wheel"]
    for package in wheel["packages"]:
        yield Path(package).name, checkout / package
    for origin, name in wheel.get("force-include", {}).items():
        yield name, checkout / origin


def _fingerprint(files: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, path in files.items():
        status = path.stat()
        digest.update(f"{name}\0{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _pack(wheel: Path, files: dict[str, Path], info: str) -> None:
    distribution = installed_tool()
    content = {name: path.read_bytes() for name, path in files.items()}
    for name in _METADATA_FILES:
        content[f"{info}/{name}"] = (distribution.read_text(name) or "").encode()
    content[f"{info}/WHEEL"] = _WHEEL
    record = [f"{name},sha256={_record_hash(data)},{len(data)}" for name, data in content.items()]
    content[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in content.items():
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            mode = files[name].stat().st_mode if name in files else 0o644
            entry.external_attr = (mode & 0o777 | 0o100000) << 16
            archive.writestr(entry, data)


def _record_hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
