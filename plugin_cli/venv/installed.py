"""What is installed in a plugin's environment, and which of it the plugin needs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath
from typing import Any

from plugin_cli.venv.tool_source import DISTRIBUTION

# What the runtime imports; everything else that the tool needs, it needs while building.
RUNTIME_REQUIREMENTS = ("grpcio", "protobuf", "pydantic", "prometheus-client", "certifi", "tzdata")


@dataclass(frozen=True)
class Installed:
    """One installed distribution.

    Attributes:
        name: its name in the one spelling that compares.
        version: its version.
        site: the folder that its files' names start from.
        found: what Python knows of it.
    """

    name: str
    version: str
    site: Path
    found: Distribution

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Its files seen from `site`, with forward slashes; some are above it, as `../../../bin/x`."""
        return tuple(sorted(str(PurePosixPath(path)) for path in self.found.files or ()))

    @cached_property
    def requirements(self) -> tuple[str, ...]:
        """What it says it needs."""
        return tuple(self.found.requires or ())

    @cached_property
    def direct(self) -> dict[str, Any]:
        """Where it came from if no index has it (PEP 610); empty for what an index has."""
        return dict(json.loads(self.found.read_text("direct_url.json") or "{}"))

    @property
    def editable(self) -> bool:
        """Whether its code lies elsewhere and may change any time."""
        return bool(self.direct.get("dir_info", {}).get("editable"))

    @cached_property
    def digest(self) -> str:
        """A hash of what was installed, by the installer's record of it."""
        record = self.found.read_text("RECORD") or ""
        # Scripts, listed above the packages' folder, have the environment's path in them.
        lines = sorted(line for line in record.splitlines() if not line.startswith(".."))
        facts = f"{self.name}=={self.version}\n" + "\n".join(lines)
        return hashlib.sha256(facts.encode()).hexdigest()

    def modules(self, extensions: Iterable[str]) -> tuple[str, ...]:
        """Return the modules nearest the top that it brings, e.g. `numpy` or `google.cloud.storage`."""
        return _modules(self.files, tuple(extensions))


@cache
def _modules(files: tuple[str, ...], extensions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(_top_modules(files, extensions)))


def normalized(name: str) -> str:
    """Return a distribution's name in the spelling that compares (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_in(site: Iterable[Path]) -> dict[str, Installed]:
    """Return what is installed in the folders `site`, by name."""
    found: dict[str, Installed] = {}
    for folder in site:
        for item in distributions(path=[str(folder)]):
            name = normalized(item.metadata["Name"] or "")
            if name and name not in found:
                found[name] = Installed(name, item.version, folder, item)
    return found


def needed_by(requirements: Iterable[str], installed: Mapping[str, Installed]) -> dict[str, Installed]:
    """Return the distributions that `requirements` and all that they need come to.

    The tool itself counts for what its runtime needs: the rest of its requirements is for building.
    """
    pending = [(text, frozenset[str]()) for text in requirements]
    seen: set[tuple[str, frozenset[str]]] = set()
    found: dict[str, Installed] = {}
    while pending:
        requirement = _applies(*pending.pop())
        if requirement is None or requirement in seen:
            continue
        seen.add(requirement)
        name, extras = requirement
        item = installed.get(name)
        if item is None:
            continue
        found[name] = item
        needs = _of_runtime(item) if name == DISTRIBUTION else item.requirements
        pending += [(text, extras) for text in needs]
    return dict(sorted(found.items()))


def _of_runtime(tool: Installed) -> list[str]:
    """Return what the runtime needs, and what its extras bring to a plugin that names them."""
    return [*RUNTIME_REQUIREMENTS, *(text for text in tool.requirements if "extra ==" in text)]


def _applies(text: str, extras: frozenset[str]) -> tuple[str, frozenset[str]] | None:
    """Return name and extras of a requirement, None where its marker leaves it out here."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None  # written for another installer; what was installed of it has no other sign
    marker = requirement.marker
    if marker is not None and not any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
        return None
    return normalized(requirement.name), frozenset(map(normalized, requirement.extras))


def _top_modules(files: Iterable[str], extensions: tuple[str, ...]) -> set[str]:
    """Return every module or package that lies in no other package.

    A loose file in a folder that is not a package, such as an example, counts only if there is nothing else.
    """
    names = [name for name in files if not name.startswith("..") and ".dist-info/" not in name]
    packages = {str(PurePosixPath(name).parent) for name in names if name.endswith("/__init__.py")}
    found: set[str] = set()
    loose: set[str] = set()
    for name in names:
        module = _module_name(name, extensions)
        if module is None:
            continue
        folders = [str(folder) for folder in PurePosixPath(name).parents][:-1]
        top = next((folder for folder in reversed(folders) if folder in packages), None)
        dotted = (top or module).replace("/", ".")
        if all(part.isidentifier() for part in dotted.split(".")):
            (found if top or not folders or not name.endswith(".py") else loose).add(dotted)
    return found or loose


def _module_name(name: str, extensions: tuple[str, ...]) -> str | None:
    for suffix in (".py", *sorted(extensions, key=len, reverse=True)):
        if name.endswith(suffix):
            return name.removesuffix(suffix).removesuffix("/__init__")
    return None
