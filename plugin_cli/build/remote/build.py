"""Build a plugin whose backend runs elsewhere: frontend, plugin.json and the gate, into dist/."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from plugin_cli.build.author_code import author_code
from plugin_cli.build.build import BuildResult
from plugin_cli.build.facts import BuildFacts, build_facts
from plugin_cli.build.fingerprint import content_fingerprint
from plugin_cli.build.frontend.node import has_own_frontend
from plugin_cli.build.remote.programs import gate_program, gate_programs_licences
from plugin_cli.build.remote.verify import check_gate
from plugin_cli.build.schema.lint import check_schema
from plugin_cli.build.schema.read import plugin_schema
from plugin_cli.build.stage import stage
from plugin_cli.build.swap import is_current, only_build, work_dir
from plugin_cli.build.writers import Staged, Writer, writers_of
from plugin_cli.console import Console
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project, find_project
from plugin_cli.target import Target, host_target
from plugin_cli.venv.create import ensure_environment

FACTS = "remote.json"


def build_remote(
    root: Path, targets: Sequence[Target], console: Console, *, clean: bool = False, locked: bool = False
) -> BuildResult:
    """Build dist/ with the gate in place of the backend; a failure leaves dist/ as it was.

    Args:
        root: the plugin's repository, or a folder in it.
        targets: the systems that Grafana runs on; none of them needs to be this machine's.
        console: reports what takes long.
        clean: keep nothing of earlier builds.
        locked: take every version from uv.lock.

    Raises:
        ToolMissingError: there is no gate, and no Go to compile it with.
        ProjectError: the plugin's code or settings are wrong.
        PluginCliError: the gate does not start, or dist/ cannot be written.
    """
    project = find_project(root)
    if not project.metadata.get("backend"):
        raise ProjectError(
            "the plugin has no backend that could run elsewhere",
            why='"backend" is not true in src/plugin.json',
            remedy="plugin-cli build   (or: plugin-cli add backend)",
        )
    project.require_executable()
    programs = {target: gate_program(target, console) for target in targets}
    work = work_dir(project)
    writers, code = writers_of(project, work, console), author_code(project)
    inputs = [*code.files.items(), *(item for writer in writers for item in writer.inputs())]
    facts = build_facts(project, inputs)
    with only_build(project):
        if clean:
            shutil.rmtree(work, ignore_errors=True)
        return _build(project, programs, writers, facts, console, locked=locked)


def _build(
    project: Project,
    programs: Mapping[Target, Path],
    writers: Sequence[Writer],
    facts: BuildFacts,
    console: Console,
    *,
    locked: bool,
) -> BuildResult:
    from plugin_sdk import __version__

    executables = tuple(project.built_executable(target) for target in programs)
    gates = content_fingerprint((str(target), path) for target, path in programs.items())
    key, work = f"remote {gates} {__version__} {facts.source}", work_dir(project)
    if is_current(work, key, project.dist):
        return BuildResult(project.dist, executables, unchanged=True, version=facts.version)
    schema = plugin_schema(project, ensure_environment(project, console, locked=locked))
    if not has_own_frontend(project):
        check_schema(schema)

    def write(dist: Path) -> None:
        for writer in writers:
            writer.write(Staged(dist, facts, schema))
        _write_gates(project, programs, facts, dist)

    def verify(dist: Path) -> None:
        if host_target() in programs:
            check_gate(dist / host_target().executable(project.executable), project.plugin_id, facts.version)

    total = stage(project.dist, work, key, executable=project.executable, write=write, verify=verify)
    return BuildResult(project.dist, executables, False, facts.version, total)


def _write_gates(project: Project, programs: Mapping[Target, Path], facts: BuildFacts, dist: Path) -> None:
    from plugin_cli.build.report.notices import LICENCES

    for target, program in programs.items():
        made = dist / target.executable(project.executable)
        shutil.copyfile(program, made)
        made.chmod(0o755)
        shutil.copyfile(gate_programs_licences(program), dist / LICENCES)
    facts.write(dist / FACTS, project, backend="remote")
