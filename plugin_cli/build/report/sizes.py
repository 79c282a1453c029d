"""How much of a bundle each package is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_LIBRARIES = "system libraries"
_STANDARD = "Python"
_AUTHORS = "the plugin"


@dataclass(frozen=True)
class Size:
    """The bytes that one package takes in the bundle.

    Attributes:
        package: its name.
        size_bytes: all its files.
        reached: whether an import statement of the author's code leads to it, over other packages or not.
    """

    package: str
    size_bytes: int
    reached: bool = True


def package_sizes(
    contents: Path, owners: Mapping[str, str], origins: Mapping[str, str], unreached: frozenset[str]
) -> tuple[Size, ...]:
    """Return the packages in a bundle, biggest first.

    Args:
        contents: the bundle's folder.
        owners: the package that each file of one belongs to.
        origins: where files came from.
        unreached: packages that no import statement leads to.
    """
    totals: Counter[str] = Counter()
    for path in contents.rglob("*"):
        if path.is_file():
            name = path.relative_to(contents).as_posix()
            totals[owners.get(name) or _remaining(name, origins)] += path.stat().st_size
    return tuple(Size(name, size, name not in unreached) for name, size in totals.most_common())


def _remaining(name: str, origins: Mapping[str, str]) -> str:
    """Return what a file belongs to that no installed package has."""
    if ".so" in name and "/" not in name and "libpython" not in name:
        return _LIBRARIES
    if name in origins or name.startswith(("python3", "standard.zip")):
        return _STANDARD
    return _AUTHORS
