"""Whether dist/ still is what the last build made of the same input."""

from __future__ import annotations

from pathlib import Path

from plugin_cli.build.fingerprint import tree_fingerprint
from plugin_cli.system.json_file import read_json, write_json


def is_current(work: Path, key: str, dist: Path) -> bool:
    """Tell whether `dist` is the untouched result of the input that `key` stands for."""
    facts = read_json(work / "dist.json") or {}
    return bool(facts.get("key") == key and dist.is_dir() and facts.get("files") == tree_fingerprint(dist))


def remember(work: Path, key: str, dist: Path) -> None:
    """Note that `dist` now is the result of `key`."""
    facts = {"key": key, "files": tree_fingerprint(dist)}
    write_json(work / "dist.json", facts)
