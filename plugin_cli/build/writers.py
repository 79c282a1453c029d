"""What writes the parts of dist/: the backend, and each of the others from inputs of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from plugin_cli.build.author_code import FOLDER, compile_into, copy_data
from plugin_cli.build.bundle.bundle import Bundle, BundleInputs
from plugin_cli.build.facts import BuildFacts
from plugin_cli.build.frontend.node import build_own_frontend, frontend_inputs, has_own_frontend
from plugin_cli.build.frontend.static_files import static_inputs, write_static_files
from plugin_cli.build.report.notices import write_notices
from plugin_cli.build.stage import keep_others, place_bundle, write_parts
from plugin_cli.console import Console
from plugin_cli.project import Project

Inputs = Iterable[tuple[str, Path]]


@dataclass(frozen=True)
class Staged:
    """A dist/ in the making.

    Attributes:
        path: its directory, which exists.
        facts: of the build.
        schema: of the models; empty where there is no backend.
    """

    path: Path
    facts: BuildFacts
    schema: dict[str, Any]


class Writer(Protocol):
    """Writes one part of dist/."""

    def inputs(self) -> Inputs:
        """Return the author's files that the part is made of, by name; a change of one is another build."""
        ...

    def write(self, staged: Staged) -> None:
        """Write the part."""
        ...


@dataclass(frozen=True)
class StaticFiles:
    """plugin.json, pictures and documents."""

    project: Project

    def inputs(self) -> Inputs:
        """Return them all."""
        return [*static_inputs(self.project), ("plugin.json", self.project.plugin_json)]

    def write(self, staged: Staged) -> None:
        """Copy them, with version and date put into plugin.json."""
        facts = staged.facts
        write_static_files(self.project, staged.path, version=facts.version, date=facts.date)


@dataclass(frozen=True)
class OwnFrontend:
    """The frontend that the author writes.

    Attributes:
        cache: where the last one built is kept.
        console: reports what takes long.
    """

    project: Project
    cache: Path
    console: Console

    def inputs(self) -> Inputs:
        """Return its sources."""
        return frontend_inputs(self.project)

    def write(self, staged: Staged) -> None:
        """Build it, or take the one that was kept."""
        build_own_frontend(self.project, staged.schema, staged.path, self.cache, self.console)


@dataclass(frozen=True)
class GeneratedFrontend:
    """The editors made from the models."""

    project: Project

    def inputs(self) -> Inputs:
        """Return nothing: the models are the backend's."""
        return ()

    def write(self, staged: Staged) -> None:
        """Write module.js and its map."""
        from plugin_cli.build.frontend.generated import write_frontend

        write_frontend(self.project, staged.schema, staged.path)


@dataclass(frozen=True)
class GrafanaSchema:
    """The models in the form that Grafana reads."""

    def inputs(self) -> Inputs:
        """Return nothing: the models are the backend's."""
        return ()

    def write(self, staged: Staged) -> None:
        """Write its files."""
        from plugin_cli.build.schema.for_grafana import write_grafana_schema

        write_grafana_schema(staged.schema, staged.path)


def writers_of(project: Project, work: Path, console: Console) -> tuple[Writer, ...]:
    """Return what writes the parts of the plugin's dist/, in order."""
    if not project.metadata.get("backend"):
        return StaticFiles(project), OwnFrontend(project, work / "frontend", console)
    frontend: Writer = GeneratedFrontend(project)
    if has_own_frontend(project):
        frontend = OwnFrontend(project, work / "frontend", console)
    return StaticFiles(project), frontend, GrafanaSchema()


def write_backend(inputs: BundleInputs, bundle: Bundle, staged: Staged) -> None:
    """Write what Grafana starts and all that it needs, and keep the executables for other systems."""
    project, target, settings = inputs.project, inputs.target, inputs.settings
    keep_others(project.dist, staged.path, project.executable, target, staged.facts.source)
    contents = place_bundle(bundle.folder, staged.path, project.executable, target)
    copy_data(project, settings, inputs.code, contents)
    compile_into(inputs.code, contents / FOLDER, optimize=settings.optimize, exclude=settings.exclude)
    staged.facts.write(contents / "buildinfo.json", project, target=str(target))
    write_notices(project, bundle.components, target, staged.facts, staged.path)
    write_parts(contents)
