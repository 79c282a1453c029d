"""The plugin's provisioning for a Grafana on this machine: its files name a container's folders."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from plugin_cli.errors import disk_error

# What Grafana looks for; one that is missing makes it complain at every start.
_FOLDERS = ("access-control", "alerting", "dashboards", "datasources", "plugins")
_SUFFIXES = {".yaml", ".yml", ".json"}
_IN_CONTAINER = re.compile(r"(\$__file\{)?/etc/grafana/provisioning(?=[/\"'}\s]|$)")


def write_provisioning(source: Path, out: Path) -> None:
    """Copy the files that Grafana reads; what they say of the container's folder holds for `source`.

    Dashboards are read from `source` itself, so an edit shows without a restart.

    Args:
        source: the plugin's provisioning/; it need not exist.
        out: made anew.

    Raises:
        PluginCliError: the files cannot be written.
    """
    shutil.rmtree(out, ignore_errors=True)
    try:
        for name in _FOLDERS:
            (out / name).mkdir(parents=True)
        for path in sorted(source.glob("*/*")):
            if path.suffix in _SUFFIXES and path.is_file():
                target = out / path.relative_to(source)
                target.parent.mkdir(exist_ok=True)
                _copy(path, target, source)
    except OSError as error:
        raise disk_error(out, error) from error


def _copy(path: Path, target: Path, source: Path) -> None:
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        shutil.copyfile(path, target)  # Grafana says what is wrong with it
        return

    def here(match: re.Match[str]) -> str:
        # A variable's value stays as it is, whatever stands in it; within $__file{} none is filled in.
        return f"{match[1]}{source.as_posix()}" if match[1] else "$GF_PATHS_PROVISIONING"

    target.write_bytes(_IN_CONTAINER.sub(here, text).encode("utf-8"))
