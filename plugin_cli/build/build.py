"""Build a plugin: the executables of the asked targets and everything else that Grafana loads, into dist/."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.build.author_code import AuthorCode, author_code
from plugin_cli.build.bundle.bundle import BundleInputs, ensure_bundle
from plugin_cli.build.bundle.unreached import unreached
from plugin_cli.build.bundle.warnings import bundle_warnings
from plugin_cli.build.facts import BuildFacts, build_facts
from plugin_cli.build.frontend.node import has_own_frontend
from plugin_cli.build.inputs import bundle_inputs
from plugin_cli.build.preflight import check_buildable
from plugin_cli.build.report.sizes import Size, package_sizes
from plugin_cli.build.schema.lint import check_schema
from plugin_cli.build.schema.read import plugin_schema
from plugin_cli.build.stage import stage, total_size
from plugin_cli.build.swap import is_current, only_build, work_dir
from plugin_cli.build.verify import check_built
from plugin_cli.build.writers import OwnFrontend, Staged, Writer, write_backend, writers_of
from plugin_cli.console import Console
from plugin_cli.project import Project, find_project
from plugin_cli.provisioning.unknown_fields import unknown_fields
from plugin_cli.target import Target
from plugin_cli.venv.create import discard_environment, ensure_environment


@dataclass(frozen=True)
class BuildResult:
    """What was built.

    Attributes:
        dist: the folder that Grafana loads.
        executables: what Grafana starts, one a target.
        unchanged: dist/ was up to date and nothing was done.
        version: the plugin's version.
        total_bytes: the size of dist/.
        sizes: the packages in the bundle, biggest first; empty when nothing was done.
    """

    dist: Path
    executables: tuple[Path, ...]
    unchanged: bool
    version: str
    total_bytes: int = 0
    sizes: tuple[Size, ...] = ()


def build(
    root: Path,
    targets: tuple[Target, ...],
    console: Console,
    *,
    clean: bool = False,
    docker: bool = False,
    image: str | None = None,
    locked: bool = False,
) -> BuildResult:
    """Build the plugin; a failure leaves dist/ as it was.

    Args:
        root: the plugin's repository, or a folder in it.
        targets: for which systems.
        console: reports what takes long.
        clean: collect everything again, whatever is kept from earlier builds.
        docker: build in containers.
        image: the image of the containers; a slim Debian with Python where it is left out.
        locked: take every version from uv.lock, and refuse where it does not match pyproject.toml.

    Raises:
        ToolMissingError: this machine cannot build a target.
        ProjectError: the plugin's code or settings are wrong.
        ToolFailedError: an outside tool failed.
        PluginCliError: what was built does not start, or dist/ cannot be written.
    """
    project = find_project(root)
    writers = writers_of(project, work_dir(project), console)
    if docker:
        return _build_in_docker(project, targets, writers, console, clean=clean, image=image, locked=locked)
    if not project.metadata.get("backend"):
        return _build_without_backend(project, writers)
    check_buildable(targets)
    code = author_code(project)
    project.require_executable()
    facts = _facts(project, code, writers)
    (target,) = targets  # this machine is one system
    with only_build(project):
        if clean:
            shutil.rmtree(work_dir(project), ignore_errors=True)
            discard_environment(project)
        inputs = bundle_inputs(project, code, target, console, locked=locked)
        return _build(inputs, writers, facts, console)


def _facts(project: Project, code: AuthorCode, writers: Sequence[Writer]) -> BuildFacts:
    written = (item for writer in writers for item in writer.inputs())
    return build_facts(project, [*code.files.items(), *written])


def _build_in_docker(
    project: Project,
    targets: Sequence[Target],
    writers: Sequence[Writer],
    console: Console,
    *,
    clean: bool,
    image: str | None,
    locked: bool,
) -> BuildResult:
    from plugin_cli.build.docker import build_in_docker

    facts = _facts(project, author_code(project), writers)
    with only_build(project):
        if clean:
            shutil.rmtree(work_dir(project), ignore_errors=True)
        for writer in writers:
            if isinstance(writer, OwnFrontend):
                # The image has no Node: the build in the container takes what this one keeps.
                schema = plugin_schema(project, ensure_environment(project, console, locked=locked))
                with tempfile.TemporaryDirectory() as unused:
                    writer.write(Staged(Path(unused), facts, schema))
    built = tuple(
        build_in_docker(project, target, image, facts, console, locked=locked) for target in targets
    )
    return BuildResult(project.dist, built, False, facts.version, total_size(project.dist))


def _build_without_backend(project: Project, writers: Sequence[Writer]) -> BuildResult:
    facts, work = _facts(project, AuthorCode({}), writers), work_dir(project)
    with only_build(project):
        if is_current(work, facts.source, project.dist):
            return BuildResult(project.dist, (), True, facts.version)

        def write(dist: Path) -> None:
            for writer in writers:
                writer.write(Staged(dist, facts, {}))

        total = stage(project.dist, work, facts.source, executable="", write=write)
    return BuildResult(project.dist, (), False, facts.version, total)


def _build(
    inputs: BundleInputs, writers: Sequence[Writer], facts: BuildFacts, console: Console
) -> BuildResult:
    project, target = inputs.project, inputs.target
    executable = project.built_executable(target)
    work = work_dir(project)
    key = inputs.key + facts.source
    if is_current(work, key, project.dist):
        return BuildResult(project.dist, (executable,), unchanged=True, version=facts.version)
    schema = plugin_schema(project, inputs.python)
    if not has_own_frontend(project):
        check_schema(schema)  # before a minute of collecting
    for sentence in unknown_fields(project, schema):
        console.warn(sentence)
    bundle = ensure_bundle(inputs, work / target.folder, console)
    for warning in bundle_warnings(inputs, bundle):
        console.warn(warning)

    def write(dist: Path) -> None:
        staged = Staged(dist, facts, schema)
        write_backend(inputs, bundle, staged)
        for writer in writers:
            writer.write(staged)

    total = stage(
        project.dist,
        work,
        key,
        executable=project.executable,
        write=write,
        verify=lambda dist: check_built(dist / executable.name, inputs, bundle),
    )
    sizes = package_sizes(project.dist / target.folder, bundle.owners, bundle.origins, unreached(inputs))
    return BuildResult(project.dist, (executable,), False, facts.version, total, sizes)
