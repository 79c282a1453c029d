"""A plugin's environment as tests need it: distributions by their files, without installing any."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from plugin_cli.project import Project, find_project
from plugin_cli.venv.installed import Installed, installed_in
from plugin_cli.venv.python_facts import PythonFacts

SITE = "lib/python3.11/site-packages"


def facts_of(prefix: Path) -> PythonFacts:
    """Return the facts of a Python whose environment is `prefix`."""
    return PythonFacts(
        version="3.11.7 (main)",
        prefix=prefix,
        base_prefix=Path("/opt/python"),
        standard=(prefix / "standard",),
        site=(prefix / SITE,),
        builtin=("sys",),
        names=frozenset({"sys", "json", "os", "tkinter", "sqlite3"}),
        extensions=tuple(EXTENSION_SUFFIXES),
        tag="cpython-311",
    )


def install(
    prefix: Path,
    name: str,
    files: Mapping[str, str],
    *,
    requires: Sequence[str] = (),
    direct: Mapping[str, Any] | None = None,
    version: str = "1.0",
) -> None:
    """Put a distribution into the environment `prefix`."""
    site = prefix / SITE
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {text}\n" for text in requires)
    written = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
    }
    if direct is not None:
        written[f"{info}/direct_url.json"] = json.dumps(direct)
    for place, text in written.items():
        path = site / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    lines = [f"{place},sha256={len(text)}-{hash(text)}," for place, text in written.items()]
    (site / info / "RECORD").write_text("\n".join([*lines, f"{info}/RECORD,,"]) + "\n")


def installed(prefix: Path) -> dict[str, Installed]:
    """Return what `install` put there."""
    return installed_in([prefix / SITE])


def make_plugin(
    root: Path, *, settings: str = "", code: str = "", dependencies: Sequence[str] = ()
) -> Project:
    """Write a plugin whose package is `weather`."""
    (root / "src").mkdir(parents=True, exist_ok=True)
    metadata: dict[str, Any] = {
        "type": "datasource",
        "name": "Weather",
        "id": "acme-weather-datasource",
        "backend": True,
        "executable": "gpx_weather",
        "info": {"version": "%VERSION%", "updated": "%TODAY%"},
        "dependencies": {"grafanaDependency": ">=11.6.0"},
    }
    (root / "src" / "plugin.json").write_text(json.dumps(metadata))
    package = root / "backend" / "weather"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(f'{code}\nserve("weather.datasource:Weather")\n')
    (root / "pyproject.toml").write_text(
        f'[project]\nname = "acme"\nversion = "1"\ndependencies = {json.dumps(list(dependencies))}\n'
        f"[tool.plugin-cli]\n{settings}\n"
    )
    return find_project(root)
