"""Pack a built plugin into the zip that Grafana installs."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError, ProjectError


@dataclass(frozen=True)
class PackageResult:
    """What was written."""

    archive: Path
    sums: tuple[Path, ...]
    size_bytes: int


def package(root: Path, console: Console, *, out: Path | None = None) -> PackageResult:
    """Write `<id>-<version>.zip` and its sums; the same dist/ gives the same bytes.

    Args:
        root: the plugin's repository, or a folder in it.
        console: reports what happens.
        out: the folder for the zip; None: the repository.

    Raises:
        ProjectError: dist/ is not there, or `validate` finds an error in it.
        PluginCliError: the zip cannot be written.
    """
    from plugin_cli.project import find_project
    from plugin_cli.release.archive import write_sums, write_zip
    from plugin_cli.release.open_plugin import open_plugin
    from plugin_cli.release.validate import validate

    project = find_project(root)
    if not project.dist.is_dir():
        raise ProjectError(
            f"{project.dist} does not exist", why="there is nothing to pack", remedy="plugin-cli build"
        )
    errors = [item for item in validate(project.dist).findings if item.severity == "error"]
    if errors:
        raise ProjectError(
            f"{project.dist} would not be accepted",
            why="\n".join(map(str, errors)),
            remedy="plugin-cli validate",
        )
    metadata = open_plugin(project.dist).metadata() or {}
    folder = out or project.root
    archive = folder / f"{metadata['id']}-{metadata['info']['version']}.zip"
    partial = archive.with_suffix(".partial")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with console.working("packing"):
            write_zip(project.dist, str(metadata["id"]), partial)
        partial.replace(archive)
        return PackageResult(archive, write_sums(archive), archive.stat().st_size)
    except OSError as error:
        with contextlib.suppress(OSError):  # a read-only disk refuses even what is not there
            partial.unlink(missing_ok=True)
        raise PluginCliError(
            f"{archive} cannot be written",
            why=str(error),
            remedy="make the folder writable and see that the disk has room",
        ) from error
