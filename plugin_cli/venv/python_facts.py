"""What the Python of a plugin's environment says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from plugin_cli.errors import PluginCliError
from plugin_cli.system.parse import ParseError, parse_json_line
from plugin_cli.system.process import run

_QUESTION = """
import importlib.machinery, json, sys, sysconfig
paths = sysconfig.get_paths()
print(json.dumps({
    "version": sys.version,
    "prefix": sys.prefix,
    "base_prefix": sys.base_prefix,
    "standard": [paths["stdlib"], paths["platstdlib"]],
    "site": list(dict.fromkeys([paths["purelib"], paths["platlib"]])),
    "builtin": list(sys.builtin_module_names),
    "names": sorted(sys.stdlib_module_names),
    "extensions": importlib.machinery.EXTENSION_SUFFIXES,
    "tag": sys.implementation.cache_tag,
}))
"""


@dataclass(frozen=True)
class PythonFacts:
    """The interpreter that a bundle is made from.

    Attributes:
        version: its whole version text.
        prefix: the environment's folder.
        base_prefix: the folder of the installation that the environment was made from.
        standard: the folders of the standard library.
        site: the folders that packages are installed in.
        builtin: the modules that are part of the interpreter.
        names: every top-level module of the standard library, on any system.
        extensions: the endings of compiled modules.
        tag: what names compiled files, e.g. `cpython-311`.
    """

    version: str
    prefix: Path
    base_prefix: Path
    standard: tuple[Path, ...]
    site: tuple[Path, ...]
    builtin: tuple[str, ...]
    names: frozenset[str]
    extensions: tuple[str, ...]
    tag: str

    @cached_property
    def site_in_prefix(self) -> str:
        """The folder of packages seen from the environment, e.g. `lib/python3.11/site-packages`."""
        return self.site[0].relative_to(self.prefix).as_posix()


def python_facts(python: Path) -> PythonFacts:
    """Ask `python` about itself."""
    said = run([python, "-I", "-c", _QUESTION], what="the plugin's Python does not start").stdout
    try:
        facts = parse_json_line(said)
    except ParseError as error:
        raise PluginCliError(
            "the plugin's Python does not tell about itself",
            why=str(error),
            remedy="remove what starts with each Python of "
            f"{python.parent.parent} (sitecustomize, .pth files)",
        ) from error
    return PythonFacts(
        version=facts["version"],
        prefix=Path(facts["prefix"]),
        base_prefix=Path(facts["base_prefix"]),
        standard=tuple(Path(path) for path in dict.fromkeys(facts["standard"])),
        site=tuple(Path(path) for path in facts["site"]),
        builtin=tuple(facts["builtin"]),
        names=frozenset(facts["names"]),
        extensions=tuple(facts["extensions"]),
        tag=facts["tag"],
    )
