"""What a built plugin runs: the plugin's own `__main__`, found by the name in the file `entry`.

Started with Python's own options, the executable is Python: libraries start `sys.executable -m module` or
`-c code` for their workers, as from source. `-import-check` is the build's question to the executable it has
just made: which of these modules can you not import? It never reaches the author's code otherwise.
"""

import sys


def _package() -> str:
    """Return the plugin's package; the lines below its name are files that Python reads when it starts."""
    folder = sys._MEIPASS  # type: ignore[attr-defined]  # set by PyInstaller's start code
    with open(f"{folder}/entry", encoding="utf-8") as file:  # noqa: PTH123 - pathlib loads slowly
        package, *paths = file.read().split()
    if paths:
        import site

        for name in paths:
            site.addpackage(sys.path[-2], name, None)
    return package


def _run(name: str) -> None:
    from importlib.machinery import PathFinder

    parent = __import__(name)
    spec = PathFinder.find_spec(f"{name}.__main__", parent.__path__)
    if spec is None or spec.loader is None:
        raise SystemExit(f"the plugin's bundle holds no {name}.__main__")
    code = spec.loader.get_code(f"{name}.__main__")  # type: ignore[attr-defined]  # optional in the protocol
    globals()["__package__"] = name
    # Workers of multiprocessing and loky would run the file of the main module again; it is in no file.
    del globals()["__file__"]
    exec(code, globals())


def _import_check() -> None:
    """Read `{"paths": [...], "modules": [[module, [names], whole], ...]}` from stdin and import each in turn.

    A line is written before each and one after it, so that the reader knows where the process ended if it
    did. The paths are searched first: with them the build tries what would help.
    """
    import faulthandler
    import json
    import os

    answer = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # whatever the modules print must not mix with the answer
    question = json.load(sys.stdin)
    if hasattr(sys, "_MEIPASS"):
        _package()
    sys.path[:0] = question["paths"]
    for module, names, whole in question["modules"]:
        answer.write(json.dumps({"start": module}) + "\n")
        faulthandler.dump_traceback_later(question["seconds"], exit=True)
        failures = [_failure(name, whole) for name in (module, *(f"{module}:{part}" for part in names))]
        faulthandler.cancel_dump_traceback_later()
        answer.write(json.dumps({"done": next(filter(None, failures), None)}) + "\n")
    os._exit(0)  # threads that a module has started must not keep the check from ending


def _failure(name: str, whole: bool) -> dict[str, str | None] | None:
    """Return why an import fails; `whole` asks for a module that is more than a folder of its name."""
    from importlib import import_module

    module, _, part = name.partition(":")
    try:
        found = import_module(module)
        if part and not hasattr(found, part):
            import_module(f"{module}.{part}")
        if whole and getattr(found, "__file__", None) is None and hasattr(found, "__path__"):
            return {"module": module, "missing": module, "error": f"of {module} only the folder was found"}
    except ModuleNotFoundError as error:
        return {"module": module, "missing": error.name, "error": str(error)}
    except BaseException as error:
        return {"module": module, "missing": None, "error": f"{type(error).__name__}: {error}"}
    return None


def _as_python(arguments: list[str]) -> bool:
    """Do what Python does with `arguments` and return True, or return False where they are the plugin's."""
    rest = list(arguments)
    while rest and _is_switch(rest[0]):
        rest = rest[2:] if rest[0] in ("-W", "-X") else rest[1:]
    if not rest:
        return False
    import runpy

    if rest[0].startswith("-c"):
        code, sys.argv[:] = _value(rest, "-c")
        exec(compile(code, "<string>", "exec"), _main_module())
    elif rest[0].startswith("-m"):
        module, sys.argv[:] = _value(rest, "-m")
        sys.path.insert(0, "")
        runpy._run_module_as_main(module)  # type: ignore[attr-defined]  # what `python -m` calls
    elif rest[0] == "-":
        sys.argv[:] = rest
        exec(compile(sys.stdin.read(), "<stdin>", "exec"), _main_module())
    elif rest[0].endswith((".py", ".pyc", "__main__")) or _is_script(rest[0]):
        sys.argv[:] = rest
        runpy.run_path(rest[0], run_name="__main__")
    else:
        return False
    return True


def _value(rest: list[str], option: str) -> tuple[str, list[str]]:
    """Return the value of `-c` or `-m`, which may be joined to it, and what is left for the program."""
    if rest[0] == option:
        return (rest[1] if rest[1:] else ""), [option, *rest[2:]]
    return rest[0][2:], [option, *rest[1:]]


def _is_switch(word: str) -> bool:
    """Return True for Python's options before its program, which hold already or change nothing here."""
    if word.startswith("--check-hash-based-pycs"):
        return True
    return (
        len(word) > 1 and word[0] == "-" and (word[1] in "WX" or not set(word[1:]) - set("bBdEiIOPqRsSuvx"))
    )


def _is_script(path: str) -> bool:
    import os

    return not path.startswith("-") and os.path.isfile(path)  # noqa: PTH113 - pathlib loads slowly


def _main_module() -> dict[str, object]:
    """Return the names that code given on the command line runs in: those of `__main__`."""
    names = globals()
    for name in [name for name in names if not name.startswith("__")]:
        del names[name]
    return names


def _help_multiprocessing() -> None:
    """Become the child that multiprocessing started this executable for, if it has; the process ends then."""
    from multiprocessing.spawn import freeze_support  # the one of the package is for Windows only

    freeze_support()


if __name__ == "__main__":
    if sys.argv[1:2] == ["-import-check"]:
        _import_check()
    _name = _package()
    if "--multiprocessing-fork" in sys.argv:
        _help_multiprocessing()
    if len(sys.argv) == 1 or sys.argv[1] == "serve" or not _as_python(sys.argv[1:]):
        _run(_name)
