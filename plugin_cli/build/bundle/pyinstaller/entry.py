"""What a built plugin runs: the plugin's own `__main__`, found by the name in the file `entry`.

`-import-check` is the build's question to the executable it has just made: which of these modules can
you not import? It never reaches the author's code otherwise.
"""

import sys


def _package() -> str:
    folder = sys._MEIPASS  # type: ignore[attr-defined]  # set by PyInstaller's start code
    with open(f"{folder}/entry", encoding="utf-8") as file:  # noqa: PTH123 - pathlib loads slowly
        return file.read().strip()


def _run() -> None:
    from importlib.machinery import PathFinder

    name = _package()
    parent = __import__(name)
    spec = PathFinder.find_spec(f"{name}.__main__", parent.__path__)
    if spec is None or spec.loader is None:
        raise SystemExit(f"the plugin's bundle holds no {name}.__main__")
    code = spec.loader.get_code(f"{name}.__main__")  # type: ignore[attr-defined]  # optional in the protocol
    # Not __file__: multiprocessing would run the main module again in every child if it differed there.
    globals()["__package__"] = name
    exec(code, globals())


def _import_check() -> None:
    """Read `[[module, [names]], ...]` from stdin and print what of it cannot be imported."""
    import json
    import os

    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever the modules print must not mix with the answer
    failures = []
    for module, names in json.load(sys.stdin):
        for name in (module, *(f"{module}:{part}" for part in names)):
            failure = _failure(name)
            if failure:
                failures.append(failure)
                break
    answer.write(json.dumps(failures))
    answer.flush()
    os._exit(0)  # threads that a module has started must not keep the check from ending


def _failure(name: str) -> dict[str, str | None] | None:
    from importlib import import_module

    module, _, part = name.partition(":")
    try:
        found = import_module(module)
        if part and not hasattr(found, part):
            import_module(f"{module}.{part}")
    except ModuleNotFoundError as error:
        return {"module": module, "missing": error.name, "error": str(error)}
    except BaseException as error:
        return {"module": module, "missing": None, "error": f"{type(error).__name__}: {error}"}
    return None


def _help_multiprocessing() -> None:
    """Become the child that multiprocessing started this executable for, if it has; the process ends then."""
    from multiprocessing.spawn import freeze_support  # the one of the package is for Windows only

    freeze_support()
    command = sys.argv[sys.argv.index("-c") + 1] if "-c" in sys.argv[:-1] else ""
    # Its resource tracker and fork server are asked for as a Python command.
    if command.startswith(("from multiprocessing.", "import sys; from multiprocessing.")):
        exec(command)
        sys.exit()


if __name__ == "__main__":
    if "-c" in sys.argv or "--multiprocessing-fork" in sys.argv:
        _help_multiprocessing()
    if sys.argv[1:2] == ["-import-check"]:
        _import_check()
    else:
        _run()
