"""What a bundle is made of: each file belongs to a package, to Python, to the system or to the author."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any, Literal

from plugin_cli.build.report.system_packages import SystemPackage, owner
from plugin_cli.errors import PluginCliError

Kind = Literal["package", "python", "system"]
_LICENCE_NAMES = ("licen", "copying", "notice", "authors", "copyright")
_OURS = ("entry", "app")


@dataclass(frozen=True)
class Component:
    """One thing in the bundle that somebody else wrote.

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
    folder: Path, origins: dict[str, str], environment: Path, root: Path
) -> tuple[Component, ...]:
    """Return what the bundle `folder` holds.

    Args:
        folder: the bundle.
        origins: where its files came from, by their place in it.
        environment: the plugin's virtual environment.
        root: the plugin's repository; files from there are the author's.

    Raises:
        PluginCliError: nobody knows where a file comes from.
    """
    installed = installed_files(environment)
    found: dict[tuple[Kind, str], Component] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            origin = origins.get(name, "")
            if name in _OURS or (Path(origin).is_relative_to(root) and not _below(origin, environment)):
                continue
            component = installed.get(name) or _other(name, origin)
            found[component.kind, component.name] = component
    bootloader = next((item for item in installed.values() if item.name == "pyinstaller"), None)
    if bootloader is not None:
        found["package", bootloader.name] = bootloader
    return tuple(found[key] for key in sorted(found))


def _below(origin: str, environment: Path) -> bool:
    return Path(origin).is_relative_to(environment) or "/localpycs/" in origin


def _other(name: str, origin: str) -> Component:
    if not origin or _is_python(name, origin):
        if not _is_standard(name) and not origin:
            raise _unknown(name, origin)
        return python_component()
    package = owner(Path(origin))
    if package is None:
        raise _unknown(name, origin)
    return _system(package)


def _unknown(name: str, origin: str) -> PluginCliError:
    place = origin or "is not recorded"
    return PluginCliError(
        f"nobody knows where {name} in the bundle comes from",
        why=f"its origin {place} belongs to no installed package, so no licence can be given",
        remedy="install it from a package, or name it: [tool.plugin-cli] exclude = [...]",
    )


def _is_python(name: str, origin: str) -> bool:
    return _is_standard(name) or Path(os.path.realpath(origin)).is_relative_to(
        Path(sys.base_prefix).resolve()
        if sys.base_prefix not in ("/usr", "/")
        else sysconfig.get_path("stdlib")
    )


def _is_standard(name: str) -> bool:
    if name.startswith(("python3", "libpython", "base_library.zip")):
        return True
    return (Path(sysconfig.get_path("stdlib")) / name).with_suffix(".py").exists()


def python_component() -> Component:
    """Return the running Python as a component."""
    version = ".".join(map(str, sys.version_info[:3]))
    places = [
        Path(sysconfig.get_path("stdlib")) / "LICENSE.txt",
        Path(sys.base_prefix) / "LICENSE.txt",
        Path(f"/usr/share/doc/libpython{sys.version_info[0]}.{sys.version_info[1]}-stdlib/copyright"),
        Path(f"/usr/share/doc/python{sys.version_info[0]}.{sys.version_info[1]}/copyright"),
    ]
    texts = tuple(path.read_text("utf-8", "replace") for path in places if path.is_file())[:1]
    return Component("python", "Python", version, "PSF-2.0", texts=texts)


def _system(package: SystemPackage) -> Component:
    return Component(
        "system", package.name, package.version, package.licence, source=package.source, texts=package.texts
    )


def installed_files(environment: Path) -> dict[str, Component]:
    """Return the component of each file that an installed package would put into a bundle."""
    files: dict[str, Component] = {}
    for info in sorted(environment.glob("[Ll]ib/**/site-packages/*.dist-info")):
        if (info / "RECORD").is_file():
            component = _package(info)
            files |= dict.fromkeys(_places(info / "RECORD"), component)
    return files


def _places(record: Path) -> Iterator[str]:
    for line in record.read_text("utf-8").splitlines():
        name = line.partition(",")[0].strip('"')
        yield name
        if name.endswith(".py"):
            yield name + "c"
        if ".libs/" in name:  # where wheels keep their own libraries, PyInstaller may put them on top
            yield Path(name).name


def _package(info: Path) -> Component:
    metadata = HeaderParser().parsestr((info / "METADATA").read_text("utf-8", "replace"))
    licence = metadata.get("License-Expression") or _classified(metadata.get_all("Classifier") or [])
    if not licence:
        licence = (metadata.get("License") or "see the text").strip().splitlines()[0][:80]
    files = sorted(path for path in info.rglob("*") if path.is_file() and _is_licence(path))
    texts = tuple(path.read_text("utf-8", "replace") for path in files)
    name = (metadata.get("Name") or info.name.partition("-")[0]).lower()
    return Component("package", name, metadata.get("Version") or "", licence, texts=texts)


def _is_licence(path: Path) -> bool:
    return "licenses" in path.parts[-3:-1] or path.name.lower().startswith(_LICENCE_NAMES)


def _classified(classifiers: Iterable[str]) -> str:
    names = [text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License ::")]
    return ", ".join(name for name in names if name != "OSI Approved")
