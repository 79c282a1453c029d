"""Build a plugin: the executables of the asked targets and everything else that Grafana loads, into dist/."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.build.author_code import FOLDER, AuthorCode, author_code, compile_into, copy_data
from plugin_cli.build.bundle.bundle import Bundle, BundleInputs, ensure_bundle
from plugin_cli.build.bundle.declared import declared
from plugin_cli.build.bundle.unreached import unreached
from plugin_cli.build.bundle.warnings import bundle_warnings
from plugin_cli.build.dist_state import is_current, remember
from plugin_cli.build.facts import BuildFacts, build_facts, project_version
from plugin_cli.build.frontend.static_files import write_static_files
from plugin_cli.build.preflight import check_buildable
from plugin_cli.build.report.notices import write_notices
from plugin_cli.build.report.sizes import Size, package_sizes
from plugin_cli.build.schema.read import plugin_schema
from plugin_cli.build.settings import BuildSettings, build_settings
from plugin_cli.build.stage import keep_others, place_bundle, set_modes, write_parts
from plugin_cli.build.swap import recover, swap
from plugin_cli.build.verify import check_built
from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project, find_project
from plugin_cli.system.cache import ignored_dir
from plugin_cli.system.file_lock import FileLock
from plugin_cli.target import Target
from plugin_cli.venv.create import discard_environment, ensure_environment
from plugin_cli.venv.installed import installed_in
from plugin_cli.venv.local_packages import loose_packages, non_editable
from plugin_cli.venv.python_facts import python_facts


@dataclass(frozen=True)
class BuildRequest:
    """What to build.

    Attributes:
        root: the plugin's repository, or a folder in it.
        targets: for which systems.
        clean: collect everything again, whatever is kept from earlier builds.
        docker: build in containers.
        image: the image of the containers; a slim Debian with Python where it is left out.
        locked: take every version from uv.lock, and refuse where it does not match pyproject.toml.
    """

    root: Path
    targets: tuple[Target, ...]
    clean: bool = False
    docker: bool = False
    image: str | None = None
    locked: bool = False


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


def build(request: BuildRequest, console: Console) -> BuildResult:
    """Build `request`; a failure leaves dist/ as it was.

    Raises:
        ToolMissingError: this machine cannot build a target.
        ProjectError: the plugin's code or settings are wrong.
        ToolFailedError: an outside tool failed.
        PluginCliError: what was built does not start, or dist/ cannot be written.
    """
    project = find_project(request.root)
    if request.docker:
        return _build_in_docker(project, request, console)
    if not project.metadata.get("backend"):
        return _build_frontend(project, console)
    check_buildable(request.targets)
    settings = build_settings(project)
    code = author_code(project)
    _ = project.executable  # a plugin.json without one is told before any work
    facts = build_facts(project, code)
    (target,) = request.targets  # this machine is one system
    try:
        with _only_build(project):
            if request.clean:
                shutil.rmtree(_work(project), ignore_errors=True)
                discard_environment(project)
            inputs = _inputs(project, code, settings, target, console, locked=request.locked)
            return _build(inputs, facts, console)
    except OSError as error:
        raise PluginCliError(
            f"the build of {project.plugin_id} cannot write its files; dist/ is as it was",
            why=str(error),
            remedy="make the folder writable and see that the disk has room",
        ) from error


def _inputs(
    project: Project,
    code: AuthorCode,
    settings: BuildSettings,
    target: Target,
    console: Console,
    *,
    locked: bool,
) -> BundleInputs:
    python = ensure_environment(project, console, remote=True, locked=locked)
    facts, copies = python_facts(python), _work(project) / "local"
    installed = non_editable(installed_in(facts.site), python, copies, console)
    loose = declared(project, code, settings, installed, facts).unowned
    installed |= loose_packages(loose, python, copies)
    return BundleInputs(project, code, settings, target, python, facts, installed)


def _build_in_docker(project: Project, request: BuildRequest, console: Console) -> BuildResult:
    from plugin_cli.build.docker import build_in_docker
    from plugin_cli.build.frontend.node import build_own_frontend, has_own_frontend

    facts = build_facts(project, author_code(project))
    with _only_build(project):
        if request.clean:
            shutil.rmtree(_work(project), ignore_errors=True)
        if has_own_frontend(project):
            # The image has no Node: the build in the container takes what this one keeps.
            schema = plugin_schema(project, ensure_environment(project, console, locked=request.locked))
            with tempfile.TemporaryDirectory() as unused:
                build_own_frontend(project, schema, Path(unused), _work(project) / "frontend", console)
    built = tuple(
        build_in_docker(project, target, request.image, facts, console, locked=request.locked)
        for target in request.targets
    )
    total = sum(path.stat().st_size for path in project.dist.rglob("*") if path.is_file())
    return BuildResult(project.dist, built, False, project_version(project), total)


def _build_frontend(project: Project, console: Console) -> BuildResult:
    """Build a plugin that has no backend: the files as they are and the author's own frontend."""
    from plugin_cli.build.frontend.node import build_own_frontend

    facts, work = build_facts(project, AuthorCode({})), _work(project)
    with _only_build(project):
        if is_current(work, facts.source, project.dist):
            return BuildResult(project.dist, (), True, facts.version)
        stage = work / "stage"
        shutil.rmtree(stage, ignore_errors=True)
        try:
            stage.mkdir(parents=True)
            write_static_files(project, stage, version=facts.version, date=facts.date)
            build_own_frontend(project, {}, stage, work / "frontend", console)
            total = sum(path.stat().st_size for path in stage.rglob("*") if path.is_file())
            set_modes(stage, "")
            swap(stage, project.dist, work)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
        remember(work, facts.source, project.dist)
    return BuildResult(project.dist, (), False, facts.version, total)


def _build(inputs: BundleInputs, facts: BuildFacts, console: Console) -> BuildResult:
    from plugin_cli.build.frontend.node import has_own_frontend
    from plugin_cli.build.schema.lint import check_schema

    project, target = inputs.project, inputs.target
    executable = project.built_executable(target)
    work = _work(project)
    key = inputs.key + facts.source
    if is_current(work, key, project.dist):
        return BuildResult(project.dist, (executable,), unchanged=True, version=facts.version)
    schema = plugin_schema(project, inputs.python)
    if not has_own_frontend(project):
        check_schema(schema)  # before a minute of collecting
    bundle = ensure_bundle(inputs, work / target.folder, console)
    for warning in bundle_warnings(inputs, bundle):
        console.warn(warning)
    stage = work / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    try:
        _assemble(inputs, facts, bundle, schema, stage, console)
        check_built(stage / executable.name, inputs, bundle)
        contents = stage / target.folder
        sizes = package_sizes(contents, bundle.owners, bundle.origins, unreached(inputs))
        total = sum(path.stat().st_size for path in stage.rglob("*") if path.is_file())
        swap(stage, project.dist, work)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    remember(work, key, project.dist)
    return BuildResult(project.dist, (executable,), False, facts.version, total, sizes)


def _assemble(
    inputs: BundleInputs,
    facts: BuildFacts,
    bundle: Bundle,
    schema: dict[str, object],
    stage: Path,
    console: Console,
) -> None:
    """Put together in `stage` what becomes dist/."""
    from plugin_cli.build.frontend.generated import write_frontend
    from plugin_cli.build.frontend.node import build_own_frontend, has_own_frontend
    from plugin_cli.build.schema.for_grafana import write_grafana_schema

    project = inputs.project
    stage.mkdir(parents=True)
    keep_others(project.dist, stage, project.executable, inputs.target, facts.source)
    contents = place_bundle(bundle.folder, stage, project.executable, inputs.target)
    copy_data(project, inputs.settings, inputs.code, contents)
    settings = inputs.settings
    compile_into(inputs.code, contents / FOLDER, optimize=settings.optimize, exclude=settings.exclude)
    facts.write(contents / "buildinfo.json", project, inputs.target)
    write_static_files(project, stage, version=facts.version, date=facts.date)
    write_notices(project, bundle.components, inputs.target, facts, stage)
    if has_own_frontend(project):
        build_own_frontend(project, schema, stage, _work(project) / "frontend", console)
    else:
        write_frontend(project, schema, stage)
    write_grafana_schema(schema, stage)
    write_parts(contents)
    set_modes(stage, project.executable)


def _work(project: Project) -> Path:
    return project.state / "cache" / "build"


@contextmanager
def _only_build(project: Project) -> Iterator[None]:
    """Let one build of this plugin run at a time: they share the caches and dist/."""
    lock = FileLock(ignored_dir(project.state / "cache") / "build.lock")
    if not lock.acquire():
        raise PluginCliError(
            f"another build of {project.plugin_id} is running", remedy="wait for it, or stop `plugin-cli dev`"
        )
    try:
        recover(project.dist, _work(project))
        yield
    finally:
        lock.release()
