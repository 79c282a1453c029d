"""How much of a bundle each package is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.build.bundle.bundle import Bundle, BundleInputs
from plugin_cli.build.bundle.imports import with_parents
from plugin_cli.venv.tool_source import DISTRIBUTION

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


def package_sizes(bundle: Bundle, contents: Path, unreached_packages: frozenset[str]) -> tuple[Size, ...]:
    """Return the packages in the bundle, biggest first."""
    totals: Counter[str] = Counter()
    for path in contents.rglob("*"):
        if path.is_file():
            name = path.relative_to(contents).as_posix()
            totals[bundle.owners.get(name) or _remaining(name, bundle.origins)] += path.stat().st_size
    return tuple(Size(name, size, name not in unreached_packages) for name, size in totals.most_common())


def unreached(inputs: BundleInputs) -> frozenset[str]:
    """Return the packages that no chain of import statements from the author's code leads to.

    They may be needed all the same: drivers and exporters are found by entry points, or by name.
    """
    selection = inputs.selection
    brings = {
        module: item.name
        for item in selection.items.values()
        for module in item.modules(inputs.facts.extensions)
    }
    found: set[str] = set()
    pending = [*_leads_to(inputs.imports, brings), DISTRIBUTION]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += _leads_to(selection.imported.get(name, ()), brings)
    return frozenset(selection.items) - found


def _leads_to(modules: Iterable[str], brings: dict[str, str]) -> set[str]:
    return {brings[name] for name in with_parents(modules) if name in brings}


def _remaining(name: str, origins: dict[str, str]) -> str:
    """Return what a file belongs to that no installed package has."""
    if ".so" in name and "/" not in name and "libpython" not in name:
        return _LIBRARIES
    if name in origins or name.startswith(("python3", "standard.zip")):
        return _STANDARD
    return _AUTHORS
