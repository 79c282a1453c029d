"""Why the author's code could not be loaded, in one sentence with the location and a remedy."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from types import ModuleType

from plugin_sdk._author_location import location_of


def describe(error: BaseException, module_name: str = "") -> str:
    """Return the reason in one line: the error, its location in the author's code, and a remedy.

    Args:
        error: what the import of the author's module raised.
        module_name: the module, as it was passed to `serve`.
    """
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    name = type(error).__name__
    location = location_of(error)
    text_with_location = (f"{name}: {text}" if text else name) + (f" ({location})" if location else "")
    hint = _missing_module_hint(error, module_name) if isinstance(error, ModuleNotFoundError) else ""
    return f"{text_with_location}; {hint}" if hint else text_with_location


def _missing_module_hint(error: ModuleNotFoundError, module_name: str) -> str:
    missing, package = error.name or "", module_name.partition(".")[0]
    if not missing:
        return ""
    if missing.partition(".")[0] == package:
        near = get_close_matches(missing, _modules_beside(missing), n=1)
        return f"did you mean {near[0]!r}?" if near else ""
    again = (
        "build again: plugin-cli build"
        if getattr(sys, "frozen", False)
        else "save or run the command again, which updates the environment"
    )
    return f"add the package that provides it to dependencies in pyproject.toml, then {again}"


def _modules_beside(missing: str) -> list[str]:
    import pkgutil

    parent = sys.modules.get(missing.rpartition(".")[0])
    paths = getattr(parent, "__path__", None)
    return (
        []
        if paths is None
        else [found.name for found in pkgutil.iter_modules(paths, f"{missing.rpartition('.')[0]}.")]
    )


def missing_class(module: ModuleType, class_name: str) -> AttributeError:
    """Return the error for a class that `serve` names but the module does not define."""
    from plugin_sdk.datasource import App, DataSource

    text = f"module {module.__name__!r} has no {class_name!r}"
    classes = [
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, (DataSource, App)) and value not in (DataSource, App)
    ]
    near = get_close_matches(class_name, classes, n=1)
    if near:
        return AttributeError(f"{text}; did you mean {near[0]!r}? correct the name in serve()")
    known = ", ".join(sorted(classes))
    return AttributeError(
        f"{text}, which serve() names; the module has {known or 'no DataSource and no App'}"
    )
