"""The part of a build that is slow and seldom changes: everything but the author's own code."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from plugin_cli.build.author_code import AuthorCode, imported_names
from plugin_cli.build.bundle.compiling import CompiledCache
from plugin_cli.build.bundle.declared import Declared, check_names, declared, owners
from plugin_cli.build.bundle.exclusions import Exclusion
from plugin_cli.build.bundle.interpreter import ensure_interpreter, interpreter_key, lay_out_program
from plugin_cli.build.bundle.packages import collect_packages
from plugin_cli.build.bundle.plan import RECIPE, Plan, contents_folder, plan_interpreter
from plugin_cli.build.bundle.selection import Selection, select_files, standard_lines
from plugin_cli.build.bundle.standard_library import archive_packages, lay_out_library, loaded_at_start
from plugin_cli.build.fingerprint import tree_fingerprint
from plugin_cli.build.report.components import Component, find_components
from plugin_cli.build.settings import BuildSettings, leaves_out
from plugin_cli.console import Console
from plugin_cli.project import Project
from plugin_cli.system.json_file import read_json, write_json
from plugin_cli.target import Target
from plugin_cli.venv.installed import Installed
from plugin_cli.venv.python_facts import PythonFacts
from plugin_cli.venv.tool_source import DISTRIBUTION

_COMPILED = (".so", ".pyd", ".dylib", ".dll")


@dataclass(frozen=True)
class Bundle:
    """The collected Python, packages and libraries of one target, kept between builds.

    Attributes:
        folder: the files; never written after they were made, so that builds may link to them.
        origins: each file with the file of this machine it came from.
        owners: each file of a package with the package's name.
        components: what it holds that others wrote.
        unknown: files whose origin belongs to no package.
        missing: libraries that this machine does not have, with what needs them.
        programs: files that a package starts.
    """

    folder: Path
    origins: dict[str, str]
    owners: dict[str, str]
    components: tuple[Component, ...]
    unknown: tuple[str, ...]
    missing: dict[str, str]
    programs: tuple[str, ...]


@dataclass(frozen=True)
class BundleInputs:
    """What decides the contents of a bundle.

    Attributes:
        project: the plugin.
        code: its own files.
        settings: what its author says about the build.
        target: the system.
        python: the interpreter of the plugin's environment.
        facts: what that interpreter says about itself.
        installed: what is installed for it; of packages that may change any time, a copy.
    """

    project: Project
    code: AuthorCode
    settings: BuildSettings
    target: Target
    python: Path
    facts: PythonFacts
    installed: dict[str, Installed]

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """Every module that an import statement of the author's code names."""
        return imported_names(self.code)

    @cached_property
    def declared(self) -> Declared:
        """The distributions that go in."""
        return declared(self.project, self.code, self.settings, self.installed, self.facts)

    @cached_property
    def selection(self) -> Selection:
        """Their files that go in."""
        check_names(self.settings, self.installed, self.code, self.facts)
        cache = self.project.state / "cache" / "build" / "imports"
        return select_files(self.declared.items, self.imports, self.settings, cache)

    @cached_property
    def standard_lines(self) -> tuple[Exclusion, ...]:
        """The lines of the standard library's table that hold for this plugin."""
        return standard_lines(self.selection, self.imports, self.settings)

    @cached_property
    def plan(self) -> Plan:
        """What PyInstaller is given; a compiled module that an import may bring back is made all the same."""
        lines = [line for line in self.standard_lines if not line.for_packages]
        names = {line.module for line in lines if line.module}
        patterns = {pattern for line in lines for pattern in line.patterns if "/" not in pattern}
        return plan_interpreter(
            self.project.executable,
            self.target,
            excludes=tuple(sorted(names | patterns)),
            binaries=tuple(self._binaries()),
            site=tuple(str(folder) for folder in self.facts.site),
            optimize=self.settings.optimize,
        )

    def _binaries(self) -> list[tuple[str, str]]:
        files = ((item, name) for name, item in self.selection.items.items())
        return [
            (str(item.site / file), str(Path(self.facts.site_in_prefix, file).parent))
            for item, name in files
            for file in self.selection.files[name]
            if file.endswith(_COMPILED) and not file.startswith("..")
        ]

    @cached_property
    def from_source(self) -> list[str | Path]:
        """What imports modules as the plugin's environment does, to compare."""
        return [self.python, "-I", RECIPE / "entry.py"]

    def package_modules(self) -> tuple[str, ...]:
        """Return the modules nearest the top of every package that goes in."""
        excluded = self.settings.exclude
        found = {
            module: item.name
            for item in self.selection.items.values()
            for module in item.modules(self.facts.extensions)
            if self.selection.files[item.name] and (item.name != DISTRIBUTION or module == "plugin_sdk")
        }
        return tuple(
            module
            for module in sorted(found)
            if not any(leaves_out(entry, f"{module.replace('.', '/')}.py") for entry in excluded)
        )

    def owner_of(self, module: str) -> str | None:
        """Return the distribution that brings `module`, whether it goes in or not."""
        return next(iter(owners(module, self.installed, self.facts)), None)

    @cached_property
    def key(self) -> str:
        """A hash of all of it; of the author's code only what it brings into the bundle counts.

        No path is part of it: a repository that was moved or copied keeps its bundle.
        """
        packages = {name: item.digest for name, item in self.selection.items.items()}
        files = {name: len(self.selection.files[name]) for name in packages}
        lines = sorted(line.name for line in self.selection.left_out)
        parts = [
            packages,
            files,
            lines,
            [line.name for line in self.standard_lines],
            self.settings.exclude,
            sorted(loaded_at_start()),
            interpreter_key(self.plan, self.facts),
            self.project.backend.package,
            str(self.target),
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def ensure_bundle(inputs: BundleInputs, work: Path, console: Console) -> Bundle:
    """Return the bundle of `inputs`, made again only when one of them changed.

    Raises:
        ToolFailedError: PyInstaller failed.
        PluginCliError: the bundle would depend on the machine it runs on.
    """
    kept = _read(work, inputs.key)
    if kept is not None:
        return kept
    with console.working("collecting Python, packages and libraries"):
        return _make(inputs, work)


def _make(inputs: BundleInputs, work: Path) -> Bundle:
    folder, record = work / "bundle", work / "bundle.json"
    record.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    contents = contents_folder(folder, inputs.plan)
    interpreter = ensure_interpreter(inputs.plan, inputs.facts, inputs.python, work)
    lines, exclude = inputs.standard_lines, inputs.settings.exclude
    lay_out_program(interpreter, folder, lines, exclude)
    lay_out_library(interpreter.library, contents, lines, exclude)
    cache = CompiledCache(work / "compiled", inputs.facts.tag, inputs.settings.optimize)
    collected = collect_packages(inputs.selection, contents, inputs.facts, inputs.python, cache)
    archive_packages(collected, contents, inputs.facts.site_in_prefix)
    origins = interpreter.origins | collected.origins
    missing = _make_portable(inputs, folder, origins)
    (contents / "entry").write_text("\n".join([inputs.project.backend.package, *collected.paths]) + "\n")
    components, unknown = find_components(contents, origins, collected.owners, inputs.installed, inputs.facts)
    programs = tuple(collected.programs)
    _set_modes(folder, contents, programs)
    bundle = Bundle(folder, origins, collected.owners, components, unknown, missing, programs)
    _write(record, inputs.key, bundle)
    return bundle


def _make_portable(inputs: BundleInputs, folder: Path, origins: dict[str, str]) -> dict[str, str]:
    """Make a Linux bundle stand alone; return the libraries that are missing here and what needs them."""
    if inputs.target.os != "linux":
        return {}
    from plugin_cli.build.portable.make_portable import make_portable

    added, missing = make_portable(folder, inputs.target)
    origins |= {name: str(path) for name, path in added.items()}
    return missing


def _set_modes(folder: Path, contents: Path, programs: tuple[str, ...]) -> None:
    """Give every file its mode in the zip, whatever this user's umask is."""
    for path in folder.rglob("*"):
        starts = path.is_dir() or (path.parent == folder and path.name.startswith(("ld-linux", "gpx_")))
        path.chmod(0o755 if starts else 0o644)
    for name in programs:
        (contents / name).chmod(0o755)


def _write(record: Path, key: str, bundle: Bundle) -> None:
    facts = {
        "key": key,
        "files": tree_fingerprint(bundle.folder),
        "origins": bundle.origins,
        "owners": bundle.owners,
        "components": [item.to_json() for item in bundle.components],
        "unknown": bundle.unknown,
        "missing": bundle.missing,
        "programs": bundle.programs,
    }
    write_json(record, facts)


def _read(work: Path, key: str) -> Bundle | None:
    facts, folder = read_json(work / "bundle.json") or {}, work / "bundle"
    if facts.get("key") != key or not folder.is_dir() or facts.get("files") != tree_fingerprint(folder):
        return None
    try:
        return Bundle(
            folder,
            dict(facts["origins"]),
            dict(facts["owners"]),
            tuple(Component.from_json(item) for item in facts["components"]),
            tuple(facts["unknown"]),
            dict(facts["missing"]),
            tuple(facts["programs"]),
        )
    except (KeyError, TypeError, ValueError):
        return None  # written by another version of the tool, or garbled since
