"""Finds the libraries of a bundle's files as the loader will: in the context of what loads them."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path

from plugin_cli.build.portable.elf import Elf, read_elf, search_own_folders_first

_NEVER_ELF = frozenset((".pyc", ".py", ".pyi", ".zip", ".json", ".txt", ".html", ".png", ".csv"))


@dataclass
class Linked:
    """The programs and libraries below a folder.

    Attributes:
        top: the folder that LD_LIBRARY_PATH names.
        files: what each of them says about itself.
    """

    top: Path
    files: dict[Path, Elf] = field(default_factory=dict)

    @classmethod
    def below(cls, top: Path) -> Linked:
        """Read every program and library below `top`."""
        found = cls(top)
        for folder, _, names in os.walk(top):
            for name in sorted(names):
                path = Path(folder, name)
                if path.suffix not in _NEVER_ELF and not path.is_symlink():
                    found.add(path)
        return found

    def add(self, path: Path) -> None:
        """Read one more file, if it is one."""
        elf = read_elf(path) if path.stat().st_size > 64 else None
        if elf is not None:
            self.files[path] = elf

    def roots(self, program: Path) -> list[Path]:
        """Return what is loaded by its path, such as extension modules, and runs beside `program`."""
        machine = self.files[program].machine
        needed = {name for elf in self.files.values() for name in elf.needed}
        ours = (path for path, elf in self.files.items() if elf.machine == machine)
        return [path for path in ours if path.name not in needed and self.files[path].name not in needed]

    def missing(self, program: Path) -> dict[str, set[Path]]:
        """Return each library that is not found when a file is loaded into `program`, with what needs it.

        A library that lies among others of a package is loaded by what needs it, and finds by name what was
        loaded before; so it is looked at alone only where nothing reaches it.
        """
        missing: dict[str, set[Path]] = {}
        present = self._load(program, {}, missing)
        reached = set(present.values())
        machine = self.files[program].machine
        rest = [path for path, elf in self.files.items() if elf.machine == machine]
        for path in [*self.roots(program), *rest]:
            if path not in reached:
                reached |= set(self._load(path, present, missing).values())
        return missing

    def loaded_by(self, path: Path) -> dict[str, Path]:
        """Return each library that loading `path` alone brings, by name."""
        return self._load(path, {}, {})

    def prefer_own_libraries(self) -> None:
        """Let a file find the libraries beside it before those of the system that have the same names.

        From source the system's folders come last. In the bundle they are the folder that LD_LIBRARY_PATH
        names, which comes before a runpath: a package with an OpenSSL of its own would get Python's.
        """
        for path, elf in self.files.items():
            own = _expanded(elf.runpath, path)
            hidden = (name for name in elf.needed if self.top / name in self.files)
            if any(self._find(name, own) not in (None, self.top / name) for name in hidden):
                search_own_folders_first(path)
                self.files[path] = replace(elf, rpath=elf.runpath, runpath=())

    def _load(self, root: Path, present: dict[str, Path], missing: dict[str, set[Path]]) -> dict[str, Path]:
        """Return what is loaded, by name, after `root` and all that it needs were loaded."""
        loaded = dict(present)
        pending: deque[tuple[Path, tuple[Path, ...]]] = deque([(root, ())])
        while pending:
            path, inherited = pending.popleft()
            elf = self.files[path]
            for name in (path.name, elf.name or path.name):
                loaded.setdefault(name, path)
            rpath = () if elf.runpath else (*_expanded(elf.rpath, path), *inherited)
            for name in elf.needed:
                if name in loaded:
                    continue
                found = self._find(name, (*rpath, self.top, *_expanded(elf.runpath, path)))
                if found is None:
                    missing.setdefault(name, set()).add(path)
                    continue
                loaded[name] = found
                pending.append((found, rpath))
        return loaded

    def _find(self, name: str, folders: tuple[Path, ...]) -> Path | None:
        for folder in folders:
            path = Path(os.path.normpath(folder / name))
            if path in self.files:
                return path
        return None


def _expanded(folders: tuple[str, ...], path: Path) -> tuple[Path, ...]:
    here = str(path.parent)
    names = (folder.replace("${ORIGIN}", here).replace("$ORIGIN", here) for folder in folders)
    return tuple(Path(name) for name in names if name.startswith("/"))
