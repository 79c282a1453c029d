"""Makes a Linux bundle independent of the C library of the machine it will run on."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from plugin_cli.build.portable.elf import read_elf
from plugin_cli.build.portable.linking import Linked
from plugin_cli.errors import PluginCliError
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


def make_portable(bundle: Path, target: Target) -> tuple[dict[str, Path], dict[str, str]]:
    """Put loader and C library beside the bundle's files, and see that nothing points outside.

    Returns:
        Each file that was added, with the file of this machine it was copied from; and the libraries that
        this machine does not have, with what needs them: from source, that cannot load them either.

    Raises:
        PluginCliError: a library would be taken from outside the bundle.
    """
    origin, loader = _add_loader(bundle, target)
    linked = Linked.below(bundle)
    _drop_unneeded(linked)
    added = {loader.name: origin}
    missing = _add_libraries(linked, origin.name, added)
    linked.prefer_own_libraries()
    _verify(linked, loader)
    return added, missing


def strip_symbols(bundle: Path) -> None:
    """Remove the symbols of Python and of system libraries, three quarters of a Python built by hand.

    Packages are not there yet: their makers did it, and a library whose paths were patched afterwards no
    longer loads when it is stripped once more.
    """
    for path in elf_files(bundle):
        if path.name == "app":
            continue  # it carries an archive behind its sections
        path.chmod(0o755)
        run(["strip", "--strip-unneeded", path], what=f"{path.name} cannot be stripped")


def loader_name(bundle: Path, target: Target) -> str:
    """Return the name of the loader in the bundle: with it the launcher starts the program."""
    found = read_elf(bundle / "app")
    assert found is not None
    assert found.interpreter is not None
    return f"{Path(found.interpreter).name}_{target.folder}"


def _add_loader(bundle: Path, target: Target) -> tuple[Path, Path]:
    program = read_elf(bundle / "app")
    if program is None or program.interpreter is None:
        raise PluginCliError(f"{bundle / 'app'} is not a dynamically linked program")
    origin = Path(program.interpreter)
    loader = bundle / loader_name(bundle, target)
    loader.write_bytes(Path(os.path.realpath(origin)).read_bytes().replace(_PRELOAD, _NO_PRELOAD))
    loader.chmod(0o755)
    return origin, loader


def _drop_unneeded(linked: Linked) -> None:
    """Remove libraries of the system that only compiled modules needed which were left out."""
    while True:
        needed = {name for elf in linked.files.values() for name in elf.needed}
        unneeded = [
            path
            for path in linked.files
            if path.parent == linked.top and ".so" in path.name and path.name not in needed
            if not path.name.startswith(("ld-", "libpython"))
        ]
        if not unneeded:
            return
        for path in unneeded:
            del linked.files[path]
            path.unlink()


def _add_libraries(linked: Linked, loader: str, added: dict[str, Path]) -> dict[str, str]:
    """Copy what the bundle's files are linked to beyond it; return what this machine does not have."""
    folders = _library_folders(linked.top)
    pending, absent = set(_ALWAYS), dict[str, str]()
    while pending:
        for name in sorted(pending):
            origin = next((folder / name for folder in folders if (folder / name).exists()), None)
            if origin is not None and not (linked.top / name).exists():
                shutil.copyfile(origin, linked.top / name)
                linked.add(linked.top / name)
                added[name] = origin
        missing = linked.missing(linked.top / "app")
        absent = {
            name: ", ".join(sorted(str(path.relative_to(linked.top)) for path in users))
            for name, users in missing.items()
            if name != loader
        }
        pending = {name for name in absent if any((folder / name).exists() for folder in folders)}
    names = {path.name for path in linked.files}
    return {name: users for name, users in absent.items() if name not in names}


def _library_folders(bundle: Path) -> list[Path]:
    """Return where this machine's loader finds libraries, by what it found for Python and the bundle."""
    programs = [Path(os.path.realpath(sys.executable)), bundle / "app"]
    said = run(["ldd", *programs], what="the libraries of this machine cannot be listed").stdout
    return [Path(folder) for folder in (*sorted(folders_in(said)), *_STANDARD_FOLDERS)]


def folders_in(listing: str) -> set[str]:
    """Return the folders of the libraries that ldd lists, as in `libm.so.6 => /lib/libm.so.6 (0x7f)`."""
    found = re.findall(r"=> (/.*?)(?: \(0x[0-9a-f]+\))?$", listing, re.MULTILINE)
    return {str(Path(path).parent) for path in found}


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


def _verify(linked: Linked, loader: Path) -> None:
    """Ask the bundled loader where it would take the libraries of each kind of file from."""
    kinds = {
        (path.parent, elf.needed, elf.rpath, elf.runpath): path
        for path in linked.roots(linked.top / "app")
        if path != loader and (elf := linked.files[path])
    }
    outside: list[str] = []
    for path in kinds.values():
        done = run(
            [loader, "--inhibit-cache", "--library-path", linked.top, "--list", path],
            what="the bundled loader cannot list libraries",
            check=False,
        )
        location = path.relative_to(linked.top)
        lines = (line.strip() for line in done.output.splitlines())
        outside += [f"{location}: {line}" for line in lines if _is_outside(line, linked.top)]
    if outside:
        raise PluginCliError(
            "the bundle would take libraries from the machine it runs on",
            why="\n".join(outside[:10]),
            remedy="exclude the package that holds them: [tool.plugin-cli] exclude = [...]",
        )


def _is_outside(line: str, bundle: Path) -> bool:
    _, arrow, location = line.partition("=> ")
    inside = (str(bundle), os.path.realpath(bundle))
    return bool(arrow) and location.startswith("/") and not location.startswith(inside)
