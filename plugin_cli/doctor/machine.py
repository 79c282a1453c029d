"""What this machine has of everything that some command needs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from plugin_cli.errors import PluginCliError, ProjectError


@dataclass(frozen=True)
class Check:
    """One thing that a command may need.

    Attributes:
        name: what was looked for.
        ok: whether it is here and usable.
        found: where or which version; or why not.
        needed_for: the commands that want it.
        required: whether the main commands fail without it.
        remedy: how to get it; empty when it is here.
    """

    name: str
    ok: bool
    found: str
    needed_for: str
    required: bool
    remedy: str = ""


def check_machine(metadata: Mapping[str, Any] | None = None) -> list[Check]:
    """Look at everything; nothing is started and nothing changed.

    Args:
        metadata: the plugin.json of a plugin that the Grafana installed here has to suit.
    """
    return [_python(), _uv(), _build(), _git(), _docker(), _grafana(metadata or {}), _node(), _cache()]


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info >= (3, 11)
    return Check("Python 3.11 or newer", ok, f"{version}, {sys.executable}", "everything", True)


def _uv() -> Check:
    try:
        from uv import find_uv_bin

        return Check("uv", True, str(find_uv_bin()), "the plugin's environment", True)
    except (ImportError, FileNotFoundError) as error:
        return Check("uv", False, str(error), "the plugin's environment", True, "pip install uv")


def _build() -> Check:
    from plugin_cli.build.preflight import check_buildable
    from plugin_cli.target import host_target

    target = host_target()

    def look() -> str:
        check_buildable((target,))
        return "all here"

    return _try(f"tools to build for {target}", "build", True, look)


def _git() -> Check:
    path = shutil.which("git")
    return Check(
        "git", path is not None, path or "not on the PATH", "create, update", True, "apt-get install git"
    )


def _docker() -> Check:
    from plugin_cli.system.docker_engine import connect

    def version() -> str:
        client = connect()
        try:
            facts = client.version()
            return f"{facts.get('Version')}, {facts.get('Arch')}"
        finally:
            client.close()

    return _try("Docker engine", "dev up --runtime docker", False, version)


def _grafana(metadata: Mapping[str, Any]) -> Check:
    from plugin_cli.grafana_version import allowed_versions, version_problem
    from plugin_cli.system.installed_grafana import find_grafana

    def version() -> str:
        found = find_grafana(os.environ)
        number = found.version()
        problem = version_problem(metadata, number)
        if problem is not None:
            raise ProjectError(
                f"{number}, {found.home}",
                why=problem,
                remedy="plugin-cli dev up --grafana PATH   (another one)",
            )
        allowed = allowed_versions(metadata)
        return f"{number}, {found.home}" + (f", which src/plugin.json allows ({allowed})" if allowed else "")

    return _try("Grafana on this machine", "dev up --runtime local", False, version)


def _node() -> Check:
    """Tell which Node would be used; one that has to be fetched first is as good."""
    from plugin_cli.venv.node import find_node, too_old, wheel_version

    needed_for = "the preview's rich page, --frontend react"
    node = find_node()
    if node is not None:
        return Check("Node.js", True, f"{node.version} {node.origin}: {node.program}", needed_for, False)
    found = f"{wheel_version()} is fetched from the package index, once, when it is needed"
    unused = too_old()
    return Check("Node.js", True, f"{found} ({unused})" if unused else found, needed_for, False)


def _cache() -> Check:
    from plugin_cli.system.cache import cache_dir, private_dir

    folder = cache_dir()

    def write() -> str:
        try:
            probe = private_dir(folder) / ".probe"
            probe.write_text("")
            probe.unlink()
        except OSError as error:
            raise PluginCliError(
                str(error),
                remedy=f"make {folder} writable, or name another folder: export XDG_CACHE_HOME=<FOLDER>",
            ) from error
        return str(folder)

    return _try("a cache folder", "dev", True, write)


def _try(name: str, needed_for: str, required: bool, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look(), needed_for, required)
    except PluginCliError as error:
        why = error.what + (f": {error.why}" if error.why else "")
        return Check(name, False, why, needed_for, required, error.remedy or "")
