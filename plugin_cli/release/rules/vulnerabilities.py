"""Known vulnerabilities of the packages inside, where a tool that knows them is installed."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from plugin_cli.release.built_plugin import BuiltPlugin
from plugin_cli.release.rules.finding import Finding
from plugin_cli.system.process import run

_TOOL = "pip-audit"
_SECONDS = 120


def check_packages(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Ask pip-audit about the packages in each bill of materials; nothing where it is not installed."""
    program = shutil.which(_TOOL)
    if program is None:
        return
    for name in sorted(plugin.entries):
        if name.endswith("/sbom.cdx.json"):
            yield from _audit(program, name, _requirements(plugin.text(name)))


def _requirements(bill: str) -> list[str]:
    components = json.loads(bill).get("components", [])
    packages = (item for item in components if str(item.get("purl", "")).startswith("pkg:pypi/"))
    # The tool's own runtime may be a version that no index has.
    return [f"{item['name']}=={item['version']}" for item in packages if item["name"] != "grafana-plugin-cli"]


def _audit(program: str, bill: str, requirements: list[str]) -> Iterator[Finding]:
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text("\n".join(requirements) + "\n", encoding="utf-8")
        command: list[str | Path] = [program, "--requirement", listed, "--no-deps", "--disable-pip"]
        command += ["--format", "json"]
        done = run(command, what="the audit failed", check=False, timeout_seconds=_SECONDS)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        said = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        yield Finding(
            "vulnerability",
            "notice",
            bill,
            f"{_TOOL} could not check the packages: {said}",
            "try again online",
        )
        return
    for package in found:
        for problem in package.get("vulns", []):
            fixed = ", ".join(problem.get("fix_versions", [])) or "none yet"
            text = f"{package['name']} {package['version']}: {problem['id']}"
            yield Finding("vulnerability", "warning", bill, text, f"take a fixed version: {fixed}")
