"""The modules that a backend's source imports from elsewhere, read from its text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def external_modules(folder: str, package: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return each module that importing the source imports too, with the names taken from it.

    Args:
        folder: what is on the path for the sake of the author's modules; those are left out.
        package: the backend's package, whose files are read; one that cannot be parsed is left out.
    """
    own = {path.stem for path in Path(folder).iterdir()}
    found: dict[tuple[str, tuple[str, ...]], None] = {}
    for path in sorted((Path(folder) / package).rglob("*.py")):
        try:
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue
        for module, names in _imports(tree.body):
            if module.partition(".")[0] not in own:
                found[module, names] = None
    return list(found)


def _imports(statements: list[ast.stmt]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what runs when the module is imported: not what functions import, nor type checkers."""
    for statement in statements:
        if isinstance(statement, ast.Import):
            yield from ((alias.name, ()) for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            if not statement.level and statement.module and statement.module != "__future__":
                yield statement.module, tuple(alias.name for alias in statement.names if alias.name != "*")
        elif isinstance(statement, ast.If):
            if "TYPE_CHECKING" not in ast.dump(statement.test):
                yield from _imports([*statement.body, *statement.orelse])
        elif isinstance(statement, (ast.Try, ast.With)):
            yield from _imports(statement.body)
