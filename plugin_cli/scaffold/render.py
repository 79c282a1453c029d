"""Renders template layers to files in memory; nothing is written here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_cli.errors import PluginCliError

if TYPE_CHECKING:
    from jinja2 import Environment

_SUFFIX = ".jinja"
Tree = dict[str, bytes]
"""Files by their path with forward slashes, relative to the plugin's folder."""


def render(layers: Iterable[Path], data: Mapping[str, object]) -> Tree:
    """Return the files of all layers; where two have the same path, the later layer wins.

    Paths are rendered everywhere, contents only where the file's name ends in `.jinja`, so that the
    rest of a template stays source that editors and linters understand.

    Raises:
        PluginCliError: a template is wrong: an undefined name, a syntax error, an unreadable file.
    """
    from jinja2 import TemplateError

    environment = _environment()
    files: Tree = {}
    for layer in layers:
        for source in sorted(path for path in layer.rglob("*") if _is_template(path)):
            try:
                target = environment.from_string(source.relative_to(layer).as_posix()).render(data)
                content = source.read_bytes()
                if source.suffix == _SUFFIX:
                    content = environment.from_string(content.decode()).render(data).encode()
            except (TemplateError, OSError, UnicodeError) as error:
                raise PluginCliError(
                    f"the template {layer.name}/{source.relative_to(layer).as_posix()} cannot be rendered",
                    why=f"{type(error).__name__}: {error}",
                    remedy="reinstall grafana-plugin-cli; if it stays, report it with this message",
                ) from error
            files[target.removesuffix(_SUFFIX)] = content
    return dict(sorted(files.items()))


def write_tree(files: Tree, folder: Path) -> None:
    """Write every file below `folder`, making folders as needed."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _environment() -> Environment:
    from jinja2 import Environment, StrictUndefined

    # The output is source code and YAML, never a web page: HTML escaping would spoil it.
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["quoted"] = _quoted
    environment.filters["provisioned"] = lambda text: _quoted(str(text).replace("$", "$$"))
    return environment


def _quoted(value: object) -> str:
    """Return `value` as a literal that JSON, YAML and TOML all read back as the same value."""
    return json.dumps(value, ensure_ascii=False)


def _is_template(path: Path) -> bool:
    # A checkout whose templates were imported by an editor or a linter has caches among them.
    return path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
