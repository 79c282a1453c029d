"""The folder `.plugin-cli/` of a plugin: its answers, the tool's version and the base of `update`."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import asdict
from pathlib import Path

from plugin_cli.errors import ProjectError
from plugin_cli.scaffold.answers import ANSWER_KEYS, STATE_FOLDER, Answers
from plugin_cli.scaffold.render import Tree
from plugin_cli.system.parse import parse_json

_ANSWERS, _VERSION, _BASE = "answers.json", "version", "base.tar.xz"


def state_files(answers: Answers, version: str, base: Tree) -> Tree:
    """Return the files of the state folder; `base` is the rendering as no author has touched it."""
    text = json.dumps(asdict(answers), indent=2, ensure_ascii=False)
    return {
        f"{STATE_FOLDER}/{_ANSWERS}": f"{text}\n".encode(),
        f"{STATE_FOLDER}/{_VERSION}": f"{version}\n".encode(),
        f"{STATE_FOLDER}/{_BASE}": pack(base),
    }


def read_answers(root: Path) -> Answers:
    """Return the answers a plugin was made from.

    Raises:
        ProjectError: they are not there or were damaged.
    """
    path = root / STATE_FOLDER / _ANSWERS
    try:
        found = parse_json(path.read_bytes())
        return Answers(**{key: value for key, value in found.items() if key in ANSWER_KEYS})
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise _damaged(path, error) from error


def read_version(root: Path) -> str:
    """Return the version of the tool that made or last updated the plugin.

    Raises:
        ProjectError: it is not there.
    """
    path = root / STATE_FOLDER / _VERSION
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error


def read_base(root: Path) -> Tree:
    """Return the pristine rendering that the plugin's current files grew from.

    Raises:
        ProjectError: it is not there or was damaged.
    """
    import lzma

    path = root / STATE_FOLDER / _BASE
    try:
        return unpack(path.read_bytes())
    except (OSError, EOFError, ValueError, tarfile.TarError, lzma.LZMAError) as error:
        raise _damaged(path, error) from error


def pack(files: Tree) -> bytes:
    """Return `files` as a tar.xz whose bytes depend on nothing else."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz", format=tarfile.PAX_FORMAT) as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def unpack(packed: bytes) -> Tree:
    """Return the files of an archive made by `pack`."""
    files: Tree = {}
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:xz") as archive:
        for entry in archive:
            content = archive.extractfile(entry)
            if content is None or entry.name.startswith("/") or ".." in entry.name.split("/"):
                raise ValueError(f"{entry.name} is not a file of the plugin")
            files[entry.name] = content.read()
    return files


def _damaged(path: Path, error: Exception) -> ProjectError:
    return ProjectError(
        f"{path} cannot be read",
        why=str(error) or type(error).__name__,
        remedy=f"git checkout -- {STATE_FOLDER}   (plugins made by other tools have no such folder)",
    )
