"""What a build is made of, and where it keeps what the next one needs again."""

from __future__ import annotations

from plugin_cli.build.author_code import AuthorCode
from plugin_cli.build.bundle.bundle import BundleInputs
from plugin_cli.build.bundle.declared import declared
from plugin_cli.build.settings import build_settings
from plugin_cli.build.swap import work_dir
from plugin_cli.console import Console
from plugin_cli.project import Project
from plugin_cli.target import Target
from plugin_cli.venv.create import ensure_environment
from plugin_cli.venv.installed import installed_in
from plugin_cli.venv.local_packages import loose_packages, non_editable
from plugin_cli.venv.python_facts import python_facts


def bundle_inputs(
    project: Project, code: AuthorCode, target: Target, console: Console, *, locked: bool
) -> BundleInputs:
    """Return what the bundle is made of; the plugin's environment is made or brought up to date first.

    Args:
        project: the plugin.
        code: the author's.
        target: for which system.
        console: reports what takes long.
        locked: take every version from uv.lock.
    """
    settings = build_settings(project)
    python = ensure_environment(project, console, remote=True, locked=locked)
    facts, copies = python_facts(python), work_dir(project) / "local"
    installed = non_editable(installed_in(facts.site), python, copies, console)
    loose = declared(project, code, settings, installed, facts).unowned
    installed |= loose_packages(loose, python, copies)
    return BundleInputs(project, code, settings, target, python, facts, installed)
