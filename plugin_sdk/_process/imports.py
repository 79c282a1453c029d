"""The external modules that a backend imports, found in its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def external_modules(folder: str, package: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return each external module that importing the backend imports, with the names imported from it.

    Args:
        folder: the directory of the author's own modules, which are left out.
        package: the backend's package, whose files are read; a file that cannot be parsed is skipped.
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
    """Yield the imports that run with the module's own; not those in functions or for type checkers."""
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
