"""A set of packages as data: what a plugin declares, what its query does with it, and what must come out."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("sets")

_CONSTANTS = ("PACKAGES", "EXPECTED", "KIND", "QUICK", "ROOT", "ZIP", "SETTINGS", "REASON", "LIBRARY")


@dataclass(frozen=True)
class PackageSet:
    """One file of `sets/`: module constants say what is declared, `answer()` is the query.

    Attributes:
        name: the file's name.
        path: the file.
        packages: what the plugin's pyproject.toml declares.
        expected: what `answer()` returns, once it went through JSON.
        kind: what could go wrong with it, in a few words.
        quick: whether it is one of those that every change is tried with.
        root: whether the built plugin is asked on a root that holds nothing else, too.
        zip: whether what is asked there is unpacked from the zip that `package` makes.
        settings: lines of `[tool.plugin-cli]`.
        reason: why it cannot work anywhere, where that is so.
        library: what the packages need of the system they are built on, and do not bring.
    """

    name: str
    path: Path
    packages: tuple[str, ...]
    expected: Any
    kind: str = ""
    quick: bool = False
    root: bool = False
    zip: bool = False
    settings: str = ""
    reason: str = ""
    library: str = ""

    @property
    def digest(self) -> str:
        """A hash of the file: a result of another text is none of this set."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:16]


def read_sets() -> tuple[PackageSet, ...]:
    """Return every set, by name."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.py")))


def _read(path: Path) -> PackageSet:
    values: dict[str, Any] = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in _CONSTANTS:
                values[name] = ast.literal_eval(node.value)
    return PackageSet(
        path.stem,
        path,
        tuple(values["PACKAGES"]),
        values["EXPECTED"],
        **{name.lower(): values[name] for name in values.keys() - {"PACKAGES", "EXPECTED"}},
    )
