"""Runs a backend from its source: `python -m plugin_sdk._process.source_mode PACKAGE FOLDER [--standby]`.

The author's own modules are compiled at every start: Python detects an edit by the file's size and its time
in whole seconds, which hides the second of two quick edits. Everything else keeps its bytecode, since
compiling pandas alone takes longer than the rest of a start.

With `--standby` it imports the packages that the source names, then waits for a line on stdin before it runs
the author's code: the process for the next save has half its start behind it. It exits at the end of stdin.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Callable
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from types import CodeType
from typing import Any


class _CompilingLoader(SourceFileLoader):
    """Compiles the current source, and neither reads nor writes bytecode."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def main(arguments: list[str]) -> None:
    """Run the package in this process, as `python -m PACKAGE` does."""
    import runpy

    package, folder, *rest = arguments
    compile_always(folder)
    if rest == ["--standby"]:
        with _stdout_to_stderr():
            _preload(package, folder)
        if not sys.stdin.readline():
            os._exit(0)
    from plugin_sdk.errors import include_locations

    include_locations()
    runpy.run_module(package, run_name="__main__", alter_sys=True)


def compile_always(folder: str) -> None:
    """Compile modules below `folder` whenever they are imported, even if there is bytecode."""
    finder = FileFinder.path_hook(
        (ExtensionFileLoader, EXTENSION_SUFFIXES), (_CompilingLoader, SOURCE_SUFFIXES)
    )
    sys.path_hooks.insert(0, _limited_to(folder, finder))
    sys.path_importer_cache.clear()


def _limited_to(folder: str, hook: Callable[[str], Any]) -> Callable[[str], Any]:
    root = os.path.realpath(folder)

    def finder(path: str) -> Any:
        if not (os.path.realpath(path) + os.sep).startswith(root + os.sep):
            raise ImportError("not the author's code", path=path)
        return hook(path)

    return finder


def _preload(package: str, folder: str) -> None:
    """Import what every backend needs and what this one names.

    Errors are ignored here; the real import reports them.
    """
    from plugin_sdk._process.imports import external_modules
    from plugin_sdk._serving.lazy import lazy_pydantic
    from plugin_sdk._serving.lazy.lazy_grpc import import_grpc

    import_grpc()
    lazy_pydantic.install()
    from plugin_sdk._serving.server import preload

    preload()
    for name in ("_process.handshake", "_serving.metrics", "_serving.plugin", "_process.watch_parent"):
        importlib.import_module(f"plugin_sdk.{name}")
    for module, names in external_modules(folder, package):
        with contextlib.suppress(BaseException):
            found = importlib.import_module(module)
            for name in names:
                if not hasattr(found, name):
                    importlib.import_module(f"{module}.{name}")


@contextlib.contextmanager
def _stdout_to_stderr() -> Any:
    """Send what packages print during their import to stderr: stdout is for the handshake."""
    real = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(real, 1)
        os.close(real)


if __name__ == "__main__":
    main(sys.argv[1:])
