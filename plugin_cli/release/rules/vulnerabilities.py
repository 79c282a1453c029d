"""Known vulnerabilities of the packages inside, where a tool that knows them is installed."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from plugin_cli.errors import PluginCliError
from plugin_cli.release.built_plugin import SYSTEMS, BuiltPlugin
from plugin_cli.release.finding import Finding
from plugin_cli.release.rules.facts import bill_of_materials
from plugin_cli.release.rules.shapes import Shape, mismatches
from plugin_cli.system.parse import ParseError, parse_json
from plugin_cli.system.process import run

_TOOL = "pip-audit"
_SECONDS = 120
# A requirement that is more than a name and a version could be an option of the tool.
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_ANSWER: dict[str, Shape] = {
    "dependencies": [
        {"name": str, "version": str, "skip_reason": str, "vulns": [{"id": str, "fix_versions": [str]}]}
    ]
}


def check_packages(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Ask pip-audit about the packages in each bill of materials; nothing where it is not installed."""
    program = shutil.which(_TOOL)
    if program is None:
        return
    for system in SYSTEMS:
        if packages := _packages(bill_of_materials(plugin, system)):
            yield from _audit(program, f"{system}/sbom.cdx.json", packages)


def _packages(bill: dict[str, Any]) -> dict[str, str]:
    """Return the versions of the Python packages, by name."""
    found = {}
    for item in bill.get("components") or []:
        name, version = str(item.get("name")), str(item.get("version"))
        is_python = str(item.get("purl")).startswith("pkg:pypi/")
        # The tool's own runtime may be a version that no index has.
        if (
            is_python
            and name != "grafana-plugin-cli"
            and _NAME.fullmatch(name)
            and _VERSION.fullmatch(version)
        ):
            found[name] = version
    return found


def _audit(program: str, bill: str, packages: dict[str, str]) -> Iterator[Finding]:
    try:
        answers = _answers(program, packages)
    except (PluginCliError, ParseError) as error:
        reason = " ".join(str(error).split())
        yield _unchecked(bill, f"{_TOOL} checked none of the {len(packages)} packages: {reason}")
        return
    checked = {str(item.get("name")) for item in answers if not item.get("skip_reason")}
    if missing := sorted({_plain(name) for name in packages} - {_plain(name) for name in checked}):
        names = ", ".join(missing[:5]) + ", …" * (len(missing) > 5)
        yield _unchecked(bill, f"{_TOOL} did not check {len(missing)} of {len(packages)} packages: {names}")
    for package in answers:
        for problem in package.get("vulns") or []:
            fixed = ", ".join(problem.get("fix_versions") or []) or "none yet"
            text = f"{package['name']} {package.get('version')}: {problem.get('id')}"
            yield Finding("vulnerability", "warning", bill, text, f"take a fixed version: {fixed}")


def _answers(program: str, packages: dict[str, str]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        lines = [f"{name}=={version}\n" for name, version in packages.items()]
        listed.write_text("".join(lines), encoding="utf-8")
        command: list[str | Path] = [program, "--requirement", listed, "--no-deps", "--disable-pip"]
        command += ["--format", "json"]
        done = run(command, what="the audit failed", check=False, timeout_seconds=_SECONDS)
    try:
        answer = parse_json(done.stdout)
    except ParseError as error:
        raise ParseError((done.stderr.strip().splitlines() or ["no answer"])[-1]) from error
    for path, _, expected in mismatches(answer, _ANSWER):
        raise ParseError(f'its "{path}" is not {expected}')
    found: list[dict[str, Any]] = [item for item in (answer or {}).get("dependencies") or [] if item]
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _unchecked(bill: str, message: str) -> Finding:
    return Finding("vulnerability", "notice", bill, message, "try again online")
