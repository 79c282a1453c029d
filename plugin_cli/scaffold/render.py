"""Renders a copier template to files in memory; what is written on the way is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plugin_cli.errors import PluginCliError

Tree = dict[str, bytes]
"""Files by their path with forward slashes, relative to the plugin's folder."""


def render(template: Path, data: Mapping[str, Any]) -> Tree:
    """Return the files that copier makes of `template`, a folder of this tool's own.

    Raises:
        PluginCliError: the template is wrong: an undefined name, a syntax error, an unreadable file.
    """
    from copier import Settings, run_copy
    from copier.errors import CopierError
    from jinja2 import TemplateError

    try:
        with tempfile.TemporaryDirectory(prefix="plugin-cli-") as aside:
            run_copy(
                str(template),
                aside,
                data=dict(data),
                settings=Settings(),  # what the user has set for templates of others means nothing here
                defaults=True,
                overwrite=True,
                quiet=True,
            )
            return read_tree(Path(aside))
    except (CopierError, TemplateError, OSError, ValueError) as error:
        name = getattr(error, "name", None)
        raise PluginCliError(
            f"the template {name or template} cannot be rendered",
            why=f"{type(error).__name__}: {error}",
            remedy="reinstall grafana-plugin-cli; if it stays, report it with this message",
        ) from error


def read_tree(folder: Path) -> Tree:
    """Return every file below `folder` but git's own, in the order of their paths."""
    files = (path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: named[name].read_bytes() for name in sorted(named) if name.split("/")[0] != ".git"}


def write_tree(files: Tree, folder: Path) -> None:
    """Write every file below `folder`, making folders as needed."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
