"""The folder `.plugin-cli/` of a plugin: its answers, the tool's version and the base of `update`."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

from plugin_cli.errors import ProjectError, UsageError
from plugin_cli.scaffold.answers import STATE_FOLDER, Answers, complete
from plugin_cli.scaffold.questions import read_questions
from plugin_cli.scaffold.render import Tree
from plugin_cli.system.parse import parse_json

_ANSWERS, _VERSION, _BASE = "answers.json", "version", "base.tar.xz"


def state_files(answers: Answers, version: str, base: Tree) -> Tree:
    """Return the files of the state folder; `base` is the rendering as no author has touched it."""
    text = json.dumps(answers.values, indent=2, ensure_ascii=False)
    return {
        f"{STATE_FOLDER}/{_ANSWERS}": f"{text}\n".encode(),
        f"{STATE_FOLDER}/{_VERSION}": f"{version}\n".encode(),
        f"{STATE_FOLDER}/{_BASE}": pack(base),
    }


def read_answers(root: Path, templates: Path) -> Answers:
    """Return the answers a plugin was made from; what it was not asked then has the default of `templates`.

    Raises:
        ProjectError: they are not there, were damaged, or answer questions of a newer tool.
    """
    path = root / STATE_FOLDER / _ANSWERS
    questions = read_questions(templates)
    try:
        found = dict(parse_json(path.read_bytes()))
        wrong = next((key for key in found if key not in questions), None)
        answers = complete(found, templates)
        answers.require_names()
    except (OSError, ValueError, LookupError, AttributeError, TypeError, UsageError) as error:
        raise _damaged(path, error) from error
    if wrong is not None:
        raise ProjectError(
            f"{path} answers {wrong!r}, which this plugin-cli does not ask",
            why="a newer plugin-cli made the plugin",
            remedy="pip install --upgrade grafana-plugin-cli",
        )
    return answers


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
