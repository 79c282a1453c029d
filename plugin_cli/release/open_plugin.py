"""Open a built plugin, wherever it lies."""

from __future__ import annotations

from pathlib import Path

from plugin_cli.errors import ProjectError
from plugin_cli.release.built_plugin import BuiltPlugin
from plugin_cli.release.folder_contents import read_folder
from plugin_cli.release.zip_contents import read_zip


def open_plugin(location: Path) -> BuiltPlugin:
    """Return the built plugin in the folder or zip `location`; `problems` lists what is wrong with a zip.

    Raises:
        ProjectError: it is neither.
    """
    if location.is_dir():
        if (location / "src" / "plugin.json").is_file() and not (location / "plugin.json").is_file():
            raise ProjectError(
                f"{location} is a plugin's repository, not a built plugin",
                remedy=f"plugin-cli build   (and then: plugin-cli validate {location / 'dist'})",
            )
        return read_folder(location)
    if not location.is_file():
        what = "is neither a folder nor a file" if location.exists() else "does not exist"
        raise ProjectError(f"{location} {what}", remedy="plugin-cli build   (or name a folder or zip)")
    return read_zip(location)
