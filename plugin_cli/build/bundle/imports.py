"""Which modules the import statements of a file name, read without running or parsing it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from plugin_cli.system.parse import parse_json
from plugin_cli.venv.installed import Installed

_STATEMENT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([A-Za-z_][\w.]*)[ \t]+import[ \t]+\(?([\w, \t]*)|import[ \t]+([\w., \t]+))",
    re.MULTILINE,
)
_NAME = re.compile(rb"[A-Za-z_][\w.]*")


def imports_in(source: bytes) -> set[str]:
    """Return every module that an import statement may load; `from a import b` gives `a` and `a.b`."""
    found: set[str] = set()
    for module, names, modules in _STATEMENT.findall(source):
        if module:
            found.add(module.decode())
            found |= {f"{module.decode()}.{name.decode()}" for name in _plain(names)}
        else:
            found |= {name.decode() for name in _plain(modules)}
    return found


def _plain(names: bytes) -> Iterable[bytes]:
    return (match.group() for part in names.split(b",") if (match := _NAME.match(part.strip())))


def imports_of(item: Installed, files: Iterable[str], cache: Path) -> frozenset[str]:
    """Return what `files` of an installed distribution import; read once for each thing installed."""
    kept = cache / f"{item.name}-{item.digest[:16]}.json"
    try:
        return frozenset(parse_json(kept.read_bytes()))
    except (OSError, ValueError):
        pass
    found: set[str] = set()
    for name in files:
        path = item.site / name
        if name.endswith(".py") and path.is_file():
            found |= imports_in(path.read_bytes())
    cache.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(sorted(found)), encoding="utf-8")
    return frozenset(found)


def with_parents(modules: Iterable[str]) -> set[str]:
    """Return `modules` and every package that one of them lies in."""
    found: set[str] = set()
    for module in modules:
        while module and module not in found:
            found.add(module)
            module = module.rpartition(".")[0]
    return found
