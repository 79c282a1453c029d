"""Whether a Grafana's version is one that plugin.json allows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_CLAUSE = re.compile(r"(<=|>=|=>|<|>|=|~|\^)?\s*v?(\d+)(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(-[\w.-]+)?")
_BOUNDS = {">=": ">=", "=>": ">=", "<=": "<=", ">": ">", "<": "<"}


def allowed_versions(metadata: Mapping[str, Any]) -> str | None:
    """Return what plugin.json says of Grafana's version, or None."""
    dependencies = metadata.get("dependencies")
    allowed = dependencies.get("grafanaDependency") if isinstance(dependencies, dict) else None
    return allowed if isinstance(allowed, str) else None


def version_problem(metadata: Mapping[str, Any], version: str) -> str | None:
    """Return why plugin.json does not allow this version of Grafana; None where it does, or says nothing."""
    allowed = allowed_versions(metadata)
    if allowed is None or allows(allowed, version) is not False:
        return None
    return f"src/plugin.json does not allow Grafana {version}: grafanaDependency is {allowed}"


def allows(dependency: str, version: str) -> bool | None:
    """Return whether `grafanaDependency` allows the version, as npm reads ranges; None if it cannot be read.

    Args:
        dependency: such as `>=11.6.0`, `>=11.6.0 <13`, `^12.1`, `~12.1.0`, `11.x || 12.x`.
        version: such as `12.4.3` or `13.0.0-91234`, a build before 13.0.0.
    """
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        found = Version(_pep440(version))
    except InvalidVersion:
        return None
    alternatives = [_specifiers(part) for part in dependency.split("||")]
    if any(part is None for part in alternatives):
        return None
    return any(
        SpecifierSet(part).contains(found, prereleases=True) for part in alternatives if part is not None
    )


def _pep440(version: str) -> str:
    """Return the version with a pre-release in Python's words: lower than the release itself."""
    release, dash, _ = version.partition("+")[0].partition("-")
    return f"{release}.dev1" if dash else release


def _specifiers(text: str) -> str | None:
    """Return one alternative as Python's version specifiers."""
    found, rest = [], text.strip().replace(",", " ")
    if rest in ("", "*", "x"):
        return "" if rest else None
    while rest:
        match = _CLAUSE.match(rest)
        if match is None:
            return None
        found.append(_clause(*match.groups()))
        rest = rest[match.end() :].strip()
    return ",".join(found)


def _clause(operator: str | None, major: str, minor: str | None, patch: str | None, pre: str | None) -> str:
    given = [int(part) for part in (major, minor, patch) if part is not None and part.isdigit()]
    version = ".".join(map(str, [*given, 0, 0][:3])) + (".dev0" if pre else "")
    if operator == "^":
        return f">={version},<{_next(given, next((i for i, n in enumerate(given) if n), len(given) - 1))}"
    if operator == "~":
        return f">={version},<{_next(given, min(1, len(given) - 1))}"
    if operator in (None, "=") and len(given) < 3:
        return f">={version},<{_next(given, len(given) - 1)}"
    if operator in ("<=", ">") and len(given) < 3:
        return f"{'<' if operator == '<=' else '>='}{_next(given, len(given) - 1)}"
    return f"{_BOUNDS.get(operator or '', '==')}{version}"


def _next(given: list[int], position: int) -> str:
    """Return the first version above all that agree with `given` up to `position`."""
    # Its pre-releases are above as well.
    return ".".join(map(str, [*given[:position], given[position] + 1])) + ".dev0"
