"""Makes a Linux bundle independent of the C library of the machine it will run on."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from plugin_cli.build.portable.elf import read_elf
from plugin_cli.errors import PluginCliError, ToolMissingError
from plugin_cli.system.process import run
from plugin_cli.target import Target

# The C library opens these by name at run time, or programs of the author's wheels expect them.
_ALWAYS = (
    "libc.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "libresolv.so.2",
    "libutil.so.1",
    "libgcc_s.so.1",
    "libnss_files.so.2",
    "libnss_dns.so.2",
)
_STANDARD_FOLDERS = ("/lib64", "/usr/lib64", "/lib", "/usr/lib")
# Longer than /etc/ld.so.preload would not fit: a library that the host preloads everywhere is made for
# the host's C library and would keep the plugin from starting.
_PRELOAD, _NO_PRELOAD = b"/etc/ld.so.preload", b"/etc/ld.so.no-load"


def make_portable(bundle: Path, target: Target) -> dict[str, Path]:
    """Put loader and C library beside the bundle's files, and see that nothing points outside.

    Returns:
        Each file that was added, with the file of this machine it was copied from.

    Raises:
        ToolMissingError: a library that something in the bundle needs is not on this machine.
        PluginCliError: a library would still be taken from outside the bundle.
    """
    replace_links(bundle)
    origin, loader = _add_loader(bundle, target)
    added = {loader.name: origin}
    added |= _add_libraries(bundle, known={origin.name})
    _verify(bundle, loader)
    return added


def strip_symbols(bundle: Path, origins: dict[str, str]) -> None:
    """Remove the symbols of Python and of system libraries, three quarters of a Python built by hand.

    Not those of wheels: their makers did, and a library whose paths were patched afterwards no longer
    loads when it is stripped once more.
    """
    for path in elf_files(bundle):
        name = path.relative_to(bundle).as_posix()
        # A link would lead into a wheel; the program carries an archive behind its sections.
        if path.is_symlink() or name == "app" or _from_wheel(name, origins):
            continue
        path.chmod(0o755)
        run(["strip", "--strip-unneeded", path], what=f"{name} cannot be stripped")


def _from_wheel(name: str, origins: dict[str, str]) -> bool:
    return "/site-packages/" in origins.get(name, "") or ".libs/" in name


def loader_name(bundle: Path, target: Target) -> str:
    """Return the name of the loader in the bundle: with it the launcher starts the program."""
    found = read_elf(bundle / "app")
    assert found is not None
    assert found.interpreter is not None
    return f"{Path(found.interpreter).name}_{target.folder}"


def _add_loader(bundle: Path, target: Target) -> tuple[Path, Path]:
    program = read_elf(bundle / "app")
    if program is None or program.interpreter is None:
        raise PluginCliError(f"{bundle / 'app'} is no program that a loader starts")
    origin = Path(program.interpreter)
    loader = bundle / loader_name(bundle, target)
    loader.write_bytes(Path(os.path.realpath(origin)).read_bytes().replace(_PRELOAD, _NO_PRELOAD))
    loader.chmod(0o755)
    return origin, loader


def _add_libraries(bundle: Path, *, known: set[str]) -> dict[str, Path]:
    """Copy what the bundle's files are linked to and PyInstaller leaves to the host."""
    folders = _library_folders(bundle)
    present = {path.name for path in bundle.rglob("*")} | known
    wanted = {name for path in elf_files(bundle) for name in _needed(path)} | set(_ALWAYS)
    added: dict[str, Path] = {}
    while missing := sorted(wanted - present):
        name = missing[0]
        present.add(name)
        origin = next((folder / name for folder in folders if (folder / name).exists()), None)
        if origin is None:
            if name in _ALWAYS:
                continue  # an architecture or version of the C library that has none of it
            raise ToolMissingError(
                f"library {name} is not on this machine, and the bundle needs it",
                why="needed by " + ", ".join(p.name for p in elf_files(bundle) if name in _needed(p))[:300],
                remedy="install it, or leave the package out: [tool.plugin-cli] exclude = [...]",
            )
        shutil.copyfile(origin, bundle / name)
        added[name] = origin
        wanted |= set(_needed(bundle / name))
    return added


def _library_folders(bundle: Path) -> list[Path]:
    """Return where this machine's loader finds libraries, by what it found for Python and the bundle."""
    programs = [Path(os.path.realpath(sys.executable)), bundle / "app"]
    said = run(["ldd", *programs], what="the libraries of this machine cannot be listed").stdout
    folders = {str(Path(path).parent) for path in re.findall(r"=> (/\S+)", said)}
    return [Path(folder) for folder in (*sorted(folders), *_STANDARD_FOLDERS)]


def replace_links(bundle: Path) -> None:
    """Remove every link; what it led to stays as a copy only where something needs that name.

    Grafana's installer drops or refuses links, and zip stores the file they lead to once more.
    """
    links = {path: Path(os.path.realpath(path)) for path in bundle.rglob("*") if path.is_symlink()}
    for link in links:
        link.unlink()
    needed = {(path.parent, name) for path in elf_files(bundle) for name in _needed(path)}
    for link, origin in links.items():
        if origin.is_file() and (link.parent, link.name) in needed:
            shutil.copyfile(origin, link)


def elf_files(bundle: Path) -> Iterator[Path]:
    """Yield the programs and libraries in the bundle."""
    for path in sorted(bundle.rglob("*")):
        if path.is_file() and path.suffix not in (".pyc", ".py", ".zip") and read_elf(path) is not None:
            yield path


def _needed(path: Path) -> tuple[str, ...]:
    found = read_elf(path)
    return found.needed if found else ()


def _verify(bundle: Path, loader: Path) -> None:
    """Ask the bundled loader for every file where it would take the libraries from."""
    outside: list[str] = []
    for path in elf_files(bundle):
        if path == loader:
            continue
        done = run(
            [loader, "--inhibit-cache", "--library-path", bundle, "--list", path],
            what="the bundled loader cannot list libraries",
            check=False,
        )
        place = path.relative_to(bundle)
        outside += [
            f"{place}: {line.strip()}" for line in done.output.splitlines() if _is_outside(line, bundle)
        ]
    if outside:
        raise PluginCliError(
            "the bundle would take libraries from the machine it runs on",
            why="\n".join(outside[:10]),
            remedy="exclude the package that holds them: [tool.plugin-cli] exclude = [...]",
        )


def _is_outside(line: str, bundle: Path) -> bool:
    if "not found" in line or "error while loading" in line:
        return True
    _, arrow, place = line.partition("=> ")
    return (
        bool(arrow) and not place.startswith(str(bundle)) and not place.startswith(os.path.realpath(bundle))
    )
