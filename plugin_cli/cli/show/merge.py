"""What a merge did, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugin_cli.console import TerminalConsole
    from plugin_cli.scaffold.merge import Merge

_WORDS = {
    "added": "added",
    "updated": "updated",
    "removed": "removed",
    "kept": "kept as you have it",
    "conflicts": "conflict in",
}


def merge_json(merge: Merge) -> dict[str, Any]:
    """Return the paths by what became of them."""
    return {verdict: list(getattr(merge, verdict)) for verdict in _WORDS}


def show_merge(console: TerminalConsole, merge: Merge) -> None:
    """Say what became of each file, and what is left to do."""
    for verdict, words in _WORDS.items():
        for name in getattr(merge, verdict):
            console.step(f"{words} {name}")
    if merge.conflicts:
        console.warn("both you and the templates changed the same lines; look for <<<<<<< in the files above")
