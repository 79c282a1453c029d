"""The author's own code: what it imports, and its compiled form in the bundle."""

from __future__ import annotations

import ast
import marshal
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.build.settings import BuildSettings, data_files, leaves_out
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project

# A hash-based .pyc that is never compared with its source: no time of this machine in it, and nothing
# to write at run time.
_UNCHECKED_HASH = (1).to_bytes(4, "little") + bytes(8)
_TESTS = ("tests", "test")  # beside the packages, not in them
# Where it lies in the bundle: no name that an author chooses meets one of the bundle's own.
FOLDER = "backend"


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
    """Return the author's files: everything below `backend/` but its tests and what tools left there."""
    folder, package = project.backend.folder, project.backend.package
    files = {path.relative_to(folder).as_posix(): path for path in _files(folder, set())}
    return AuthorCode({name: files[name] for name in sorted(files) if _belongs(name, package)})


def _files(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """Yield the files below `folder`; a linked package is as good as one that lies there."""
    real = folder.resolve()
    if real in seen:
        return  # a link back to where it lies
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name != "__pycache__" and not path.name.startswith("."):
                yield from _files(path, {*seen, real})
        elif path.is_file() and not path.name.startswith(".") and path.suffix != ".pyc":
            yield path


def _belongs(name: str, package: str) -> bool:
    top, _, rest = name.partition("/")
    if not rest:
        return name.endswith(".py") and not name.startswith(("conftest", "test_"))
    return top == package or top not in _TESTS


def compile_into(code: AuthorCode, folder: Path, *, optimize: int, exclude: tuple[str, ...] = ()) -> None:
    """Write the author's compiled modules and data files into `folder`, but those that `exclude` names.

    Raises:
        ProjectError: a file is not Python; the message has its line.
    """
    from importlib.util import MAGIC_NUMBER

    for name, path in code.files.items():
        if any(leaves_out(entry, name) for entry in exclude):
            continue
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not name.endswith(".py"):
            shutil.copyfile(path, target)
            continue
        compiled = compile(parse(path), name, "exec", dont_inherit=True, optimize=optimize)
        target.with_suffix(".pyc").write_bytes(MAGIC_NUMBER + _UNCHECKED_HASH + marshal.dumps(compiled))


def copy_data(project: Project, settings: BuildSettings, code: AuthorCode, contents: Path) -> None:
    """Copy the data files of the settings into the bundle, as far from the code as in the repository.

    A place in one of the author's packages is there; any other is seen from the repository.

    Raises:
        ProjectError: the place is taken.
    """
    for origin, location in data_files(project, settings):
        own = location.partition("/")[0] in code.top_level
        target = contents / FOLDER / location if own else contents / location
        _refuse_taken(Path(origin), target, location)
        target.parent.mkdir(parents=True, exist_ok=True)
        if Path(origin).is_dir():
            shutil.copytree(origin, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(origin, target)


def _refuse_taken(origin: Path, target: Path, location: str) -> None:
    taken = target.exists() and not (origin.is_dir() and target.is_dir())
    if taken or any(parent.is_file() for parent in target.parents):
        raise ProjectError(
            f"pyproject.toml: [tool.plugin-cli] data: the bundle has a file of its own at {location}",
            remedy=f'give it a place among your modules, e.g. data = ["{origin.name}=<package>/data"]',
        )


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
            remedy=f"fix the error in {path}",
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
