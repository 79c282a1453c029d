"""Whether dist/ still is what the last build made of the same input."""

from __future__ import annotations

import json
from pathlib import Path

from plugin_cli.build.fingerprint import tree_fingerprint


def is_current(work: Path, key: str, dist: Path) -> bool:
    """Tell whether `dist` is the untouched result of the input that `key` stands for."""
    try:
        facts = json.loads((work / "dist.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(facts.get("key") == key and dist.is_dir() and facts.get("files") == tree_fingerprint(dist))


def remember(work: Path, key: str, dist: Path) -> None:
    """Note that `dist` now is the result of `key`."""
    facts = {"key": key, "files": tree_fingerprint(dist)}
    (work / "dist.json").write_text(json.dumps(facts), encoding="utf-8")
