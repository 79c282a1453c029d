"""How much of a bundle each package is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.build.report.components import installed_files

_LIBRARIES = "system libraries"
_STANDARD = "Python"
_AUTHORS = "the plugin"


@dataclass(frozen=True)
class Size:
    """The bytes that one package takes in the bundle."""

    package: str
    size_bytes: int


def package_sizes(
    origins: Mapping[str, str], contents: Path, environment: Path, own: tuple[str, ...]
) -> tuple[Size, ...]:
    """Return the packages in a bundle, biggest first.

    Args:
        origins: where each file of the bundle came from, by its name in the bundle.
        contents: the bundle's folder.
        environment: the plugin's environment.
        own: the author's top-level names.
    """
    installed = installed_files(environment)
    totals: Counter[str] = Counter()
    for path in contents.rglob("*"):
        if path.is_file():
            name = path.relative_to(contents).as_posix()
            component = installed.get(name)
            if name.partition("/")[0] in own:
                package = _AUTHORS
            else:
                package = component.name if component else _remaining(name, origins.get(name, ""))
            totals[package] += path.stat().st_size
    return tuple(Size(name, size) for name, size in totals.most_common())


def _remaining(name: str, origin: str) -> str:
    """Return what a file belongs to that no installed package has."""
    top = name.partition("/")[0]
    if top.endswith(".libs"):
        return top.removesuffix(".libs")
    if ".so" in name and "/" not in name and "libpython" not in name:
        return _LIBRARIES
    return _STANDARD if origin or top.startswith("python3") else _AUTHORS
