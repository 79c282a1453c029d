"""The author's own code: what it imports, and its compiled form in the bundle."""

from __future__ import annotations

import ast
import marshal
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.errors import ProjectError
from plugin_cli.project import Project

# A hash-based .pyc that is never compared with its source: no time of this machine in it, and nothing
# to write at run time.
_UNCHECKED_HASH = (1).to_bytes(4, "little") + bytes(8)
_LEFT_OUT = ("__pycache__", "tests", "test")


@dataclass(frozen=True)
class Import:
    """One import that must succeed: `import module`, or `from module import names`."""

    module: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class AuthorCode:
    """The files below `backend/` that go into the bundle, by their place in it."""

    files: dict[str, Path]

    @property
    def sources(self) -> dict[str, Path]:
        """The Python files."""
        return {name: path for name, path in self.files.items() if name.endswith(".py")}

    @property
    def top_level(self) -> tuple[str, ...]:
        """The names under which other code imports this code."""
        return tuple(sorted({name.partition("/")[0].removesuffix(".py") for name in self.sources}))

    @property
    def modules(self) -> tuple[str, ...]:
        """Every module by its import name."""
        names = (
            name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in self.sources
        )
        return tuple(sorted(names))


def author_code(project: Project) -> AuthorCode:
    """Return the author's files: everything below `backend/` but tests and what tools left there."""
    folder = project.backend.folder
    files = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
    }
    return AuthorCode({name: path for name, path in files.items() if _belongs(name)})


def _belongs(name: str) -> bool:
    parts = name.split("/")
    if any(part.startswith(".") or part in _LEFT_OUT for part in parts[:-1]) or parts[-1].startswith("."):
        return False
    return len(parts) > 1 or (name.endswith(".py") and not name.startswith("conftest"))


def compile_into(code: AuthorCode, folder: Path, *, optimize: int) -> None:
    """Write the author's compiled modules and data files into the bundle `folder`.

    Raises:
        ProjectError: a file is not Python; the message has its line.
    """
    from importlib.util import MAGIC_NUMBER

    for name, path in code.files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not name.endswith(".py"):
            shutil.copyfile(path, target)
            continue
        compiled = compile(parse(path), name, "exec", dont_inherit=True, optimize=optimize)
        target.with_suffix(".pyc").write_bytes(MAGIC_NUMBER + _UNCHECKED_HASH + marshal.dumps(compiled))


def parse(path: Path) -> ast.Module:
    """Return the syntax tree of one of the author's files.

    Raises:
        ProjectError: it is not Python; the message has its line.
    """
    try:
        return ast.parse(path.read_bytes(), str(path))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise ProjectError(
            f"{path} cannot be compiled",
            why=f"line {line}: {error.msg}" if isinstance(error, SyntaxError) else str(error),
            remedy="mend the file",
        ) from error


def imported_names(code: AuthorCode) -> tuple[str, ...]:
    """Return every module name in an import statement of the author's code, wherever it stands."""
    found: set[str] = set()
    for path in code.sources.values():
        for node in ast.walk(parse(path)):
            found |= {text for item in _imports_in(node) for text in (item.module, *_submodules(item))}
    return tuple(sorted(found))


def required_imports(code: AuthorCode) -> tuple[Import, ...]:
    """Return what the author's code imports from elsewhere and cannot do without.

    An import below `try` or `if TYPE_CHECKING` is the author's own question whether it is there.
    """
    found = {item for path in code.sources.values() for item in _required(parse(path))}
    outside = (item for item in found if item.module.partition(".")[0] not in code.top_level)
    return tuple(sorted(outside, key=lambda item: (item.module, item.names)))


def _imports_in(node: ast.AST) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
        yield Import(node.module, tuple(sorted(alias.name for alias in node.names if alias.name != "*")))


def _submodules(item: Import) -> Iterator[str]:
    return (f"{item.module}.{name}" for name in item.names)


def _required(node: ast.AST) -> Iterator[Import]:
    yield from _imports_in(node)
    if isinstance(node, ast.Try | ast.TryStar):
        children: Iterable[ast.AST] = node.orelse + node.finalbody
    elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        children = node.orelse
    else:
        children = (
            child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt | ast.match_case)
        )
    for child in children:
        yield from _required(child)
