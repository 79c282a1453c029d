"""Where the compiled gate is: in its own distribution, or in the cache, compiled where Go is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from plugin_cli.build.remote.compile import compile_gate, find_go, gate_licences, program_name
from plugin_cli.build.report.notices import LICENCES
from plugin_cli.console import Console
from plugin_cli.errors import ToolMissingError
from plugin_cli.resources import gate_source_dir
from plugin_cli.system.cache import cache_dir
from plugin_cli.system.made_once import made_once
from plugin_cli.target import Target

DISTRIBUTION, _PACKAGE = "grafana-plugin-cli-gate", "plugin_cli_gate"


def gate_program(target: Target, console: Console) -> Path:
    """Return the gate for `target`, a file beside which its licences lie.

    Raises:
        ToolMissingError: its distribution is not installed, and there is no Go to compile it with.
        ToolFailedError: it cannot be compiled.
        PluginCliError: the cache cannot be written.
    """
    installed = _installed()
    if installed is not None:
        return installed / program_name(target)
    go = find_go()
    if go is None:
        raise ToolMissingError(
            "the gate is not installed",
            why="`build remote` puts a small program into dist/, which comes in a package of its own",
            remedy=f"uv tool install --with {DISTRIBUTION} grafana-plugin-cli\n"
            f"or, in the environment of plugin-cli: pip install {DISTRIBUTION}\nor install Go and try again",
        )
    return _compiled(go, target, console)


def gate_programs_licences(program: Path) -> Path:
    """Return the licences of what is in the gate."""
    return program.parent / LICENCES


def _installed() -> Path | None:
    """Return the folder of the installed distribution's programs."""
    found = find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(found.submodule_search_locations[0]) / "programs"
    return folder if folder.is_dir() else None


def _compiled(go: str, target: Target, console: Console) -> Path:
    home = cache_dir() / "gate" / _source_fingerprint() / target.folder
    with made_once(home) as folder:
        if folder is not None:
            with console.working(f"compiling the gate for {target}"):
                compile_gate(go, target, folder / program_name(target))
                (folder / LICENCES).write_text(gate_licences(go), encoding="utf-8")
    return home / program_name(target)


def _source_fingerprint() -> str:
    from plugin_cli.build.fingerprint import content_fingerprint

    source = gate_source_dir()
    files = [path for path in source.iterdir() if path.suffix in (".go", ".mod", ".sum", ".json")]
    return content_fingerprint((path.name, path) for path in files)[:16]
