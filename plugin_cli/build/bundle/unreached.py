"""Which packages of a bundle no import statement leads to."""

from __future__ import annotations

from collections.abc import Iterable

from plugin_cli.build.bundle.bundle import BundleInputs
from plugin_cli.build.bundle.imports import with_parents
from plugin_cli.venv.tool_source import DISTRIBUTION


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
