"""What a bundle is made of: each file belongs to a package, to Python, to the system or to the author."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from plugin_cli.build.report.system_packages import SystemPackage
from plugin_cli.build.report.system_packages import owners as system_owners
from plugin_cli.venv.installed import Installed
from plugin_cli.venv.python_facts import PythonFacts

Kind = Literal["package", "python", "system"]
_LICENCE_NAMES = ("licen", "copying", "notice", "authors", "copyright")
_OURS = ("entry", "app")


@dataclass(frozen=True)
class Component:
    """One third-party component of the bundle.

    Attributes:
        kind: an installed Python package, Python itself, or a package of the system.
        name: its name.
        version: its version, of the system's package where it comes from one.
        licence: its licence in a word or two, as it says itself.
        source: for packages of the system, the source package and its exact version.
        texts: its licence files.
    """

    kind: Kind
    name: str
    version: str
    licence: str
    source: str = ""
    texts: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Component:
        """Return the component that `to_json` wrote."""
        return cls(**{**data, "texts": tuple(data["texts"])})

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def find_components(
    folder: Path,
    origins: dict[str, str],
    owners: dict[str, str],
    installed: dict[str, Installed],
    facts: PythonFacts,
) -> tuple[tuple[Component, ...], tuple[str, ...]]:
    """Return what the bundle `folder` holds, and the files of which nobody knows whose they are.

    Args:
        folder: the bundle.
        origins: where its files came from, by their place in it.
        owners: the names of the packages that files belong to.
        installed: the packages.
        facts: the Python that is in it.
    """
    names = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())
    others = [name for name in names if name not in _OURS and name not in owners]
    system = {
        name: Path(origins[name])
        for name in others
        if not _is_python(name, origins.get(name, ""), facts) and origins.get(name)
    }
    packages = system_owners(system.values())
    unknown = tuple(name for name in others if not _is_known(name, origins, system, packages, facts))
    found: dict[tuple[Kind, str], Component] = {("python", "Python"): python_component(facts)}
    if not any(name not in system and name not in unknown for name in others):
        found.clear()
    for package in packages.values():
        found["system", package.name] = _system(package)
    for name in {*owners.values(), *({"pyinstaller"} & installed.keys())}:  # its start code is in the program
        found["package", name] = package_component(installed[name])
    return tuple(found[key] for key in sorted(found)), unknown


def _is_known(
    name: str,
    origins: dict[str, str],
    system: dict[str, Path],
    packages: dict[Path, SystemPackage],
    facts: PythonFacts,
) -> bool:
    if name in system:
        return system[name] in packages
    return bool(origins.get(name)) or _is_standard(name, facts)


def _is_python(name: str, origin: str, facts: PythonFacts) -> bool:
    base = facts.base_prefix
    folders = facts.standard if str(base) in ("/usr", "/") else (*facts.standard, base)
    real = Path(os.path.realpath(origin))
    return (
        not origin
        or _is_standard(name, facts)
        or any(real.is_relative_to(folder.resolve()) for folder in folders)
    )


def _is_standard(name: str, facts: PythonFacts) -> bool:
    if name.startswith(("python3", "libpython", "standard.zip")):
        return True
    return (facts.standard[0] / name).with_suffix(".py").exists()


def python_component(facts: PythonFacts) -> Component:
    """Return the Python of the bundle as a component."""
    version = facts.version.split()[0]
    short = ".".join(version.split(".")[:2])
    places = [
        facts.standard[0] / "LICENSE.txt",
        facts.base_prefix / "LICENSE.txt",
        Path(f"/usr/share/doc/libpython{short}-stdlib/copyright"),
        Path(f"/usr/share/doc/python{short}/copyright"),
    ]
    texts = tuple(path.read_text("utf-8", "replace") for path in places if path.is_file())[:1]
    return Component("python", "Python", version, "PSF-2.0", texts=texts)


def _system(package: SystemPackage) -> Component:
    return Component(
        "system", package.name, package.version, package.licence, source=package.source, texts=package.texts
    )


def package_component(item: Installed) -> Component:
    """Return an installed package as a component."""
    metadata = item.found.metadata
    licence = metadata["License-Expression"] or _classified(metadata.get_all("Classifier") or [])
    if not licence:
        lines = (metadata["License"] or "").strip().splitlines()
        licence = lines[0][:80] if lines else "see the text"
    files = (item.site / name for name in item.files if ".dist-info/" in name)
    texts = tuple(
        path.read_text("utf-8", "replace") for path in files if _is_licence(path) and path.is_file()
    )
    return Component("package", item.name, item.version, licence, texts=texts)


def _is_licence(path: Path) -> bool:
    return "licenses" in path.parts[-3:-1] or path.name.lower().startswith(_LICENCE_NAMES)


def _classified(classifiers: Iterable[str]) -> str:
    names = [text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License ::")]
    return ", ".join(name for name in names if name != "OSI Approved")
