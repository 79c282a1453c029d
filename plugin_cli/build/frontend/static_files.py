"""What goes into dist/ as it is: plugin.json, pictures, README, CHANGELOG, LICENSE."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from plugin_cli.project import Project

DOCUMENTS = ("README.md", "CHANGELOG.md", "LICENSE")


def static_inputs(project: Project) -> Iterator[tuple[str, Path]]:
    """Yield the name in dist/ and the file of everything that is copied.

    A document beside plugin.json is the one for Grafana's plugin page and goes before the repository's.
    """
    source = project.plugin_json.parent
    for name in DOCUMENTS:
        found = next((folder / name for folder in (source, project.root) if (folder / name).is_file()), None)
        if found is not None:
            yield name, found
    for path in sorted((source / "img").rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(source).as_posix(), path


def write_static_files(project: Project, out: Path, *, version: str, date: str) -> None:
    """Write them into `out`, with the version and the date put into plugin.json."""
    for name, path in static_inputs(project):
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    metadata = _filled(
        project.metadata, {"%VERSION%": version, "%TODAY%": date, "%PLUGIN_ID%": project.plugin_id}
    )
    text = json.dumps(metadata, indent=2, ensure_ascii=False) + "\n"
    (out / "plugin.json").write_text(text, encoding="utf-8")


def _filled(value: object, words: dict[str, str]) -> object:
    if isinstance(value, dict):
        return {key: _filled(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, words) for item in value]
    if isinstance(value, str):
        for word, text in words.items():
            value = value.replace(word, text)
    return value
