"""Rules on the files of a built plugin: what Grafana's discovery and installer refuse."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator

from plugin_cli.release.built_plugin import BuiltPlugin
from plugin_cli.release.rules.finding import Finding

_DOCUMENTS = {"README.md": "error", "CHANGELOG.md": "warning", "LICENSE": "error"}
_FORBIDDEN_NAMES = {
    "standalone.txt": "a development server was pointed at this folder",
    "pid.txt": "a development server was pointed at this folder",
    ".env": "it may hold secrets",
    ".DS_Store": "left by a file manager",
}
_FORBIDDEN_FOLDERS = ("__pycache__", "node_modules", ".git", ".venv")
_SECRET_ENDINGS = (".pem", ".key")
_SYSTEMS = ("linux_amd64", "linux_arm64", "linux_arm", "windows_amd64", "darwin_amd64", "darwin_arm64")
_LARGE_BYTES = 200_000_000


def check_layout(plugin: BuiltPlugin) -> Iterator[Finding]:
    """A zip holds one folder named like the plugin."""
    identity = (plugin.metadata() or {}).get("id")
    if plugin.top is not None and plugin.top != {identity}:
        found = ", ".join(sorted(plugin.top)[:5])
        yield Finding(
            "layout",
            "error",
            plugin.place.name,
            f"holds {found} instead of one folder {identity}",
            "plugin-cli package",
        )


def check_links(plugin: BuiltPlugin) -> Iterable[Finding]:
    """No symbolic links: one that cannot be followed keeps Grafana from starting."""
    return (
        Finding(
            "links", "error", name, "is a symbolic link", "copy the file instead; plugin-cli build makes none"
        )
        for name, entry in plugin.entries.items()
        if entry.is_link
    )


def check_nested(plugin: BuiltPlugin) -> Iterator[Finding]:
    """No second plugin.json, and no folder dist: Grafana would look there for plugins."""
    for name in plugin.entries:
        if name.endswith("/plugin.json"):
            yield Finding(
                "nested-plugin",
                "error",
                name,
                "makes a second plugin of its folder",
                "exclude the package that has it",
            )
    if any(name.startswith("dist/") for name in plugin.entries):
        yield Finding(
            "nested-dist", "error", "dist/", "hides everything beside it from Grafana", "rename the folder"
        )


def check_forbidden(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Nothing that belongs to a developer's machine."""
    for name in plugin.entries:
        *folders, base = name.split("/")
        if base in _FORBIDDEN_NAMES:
            yield Finding(
                "forbidden-file", "error", name, _FORBIDDEN_NAMES[base], "remove it and build again"
            )
        elif folder := next((part for part in folders if part in _FORBIDDEN_FOLDERS), None):
            yield Finding(
                "forbidden-file", "error", name, f"{folder} does not belong into a plugin", "build again"
            )
        elif base.endswith(_SECRET_ENDINGS) and "certifi" not in name and "roots" not in base:
            yield Finding("forbidden-file", "warning", name, "looks like a key", "see that it is none")


def check_executables(plugin: BuiltPlugin) -> Iterator[Finding]:
    """A backend has an executable, its files beside it, and all systems were built from the same code."""
    metadata = plugin.metadata() or {}
    if not metadata.get("backend") or not isinstance(metadata.get("executable"), str):
        return
    found = {system: name for system, name in plugin.executables().items() if system in _SYSTEMS}
    if not found:
        name = f"{metadata['executable']}_linux_amd64"
        yield Finding(
            "executable", "error", name, "there is no executable of the backend", "plugin-cli build linux"
        )
    if found and "linux_amd64" not in found:
        yield Finding(
            "systems", "warning", "plugin.json", "Linux on amd64 is missing", "plugin-cli build linux"
        )
    sources = {}
    for system, name in found.items():
        facts = f"{system}/buildinfo.json"
        if facts in plugin.entries:
            sources[name] = _source(plugin.text(facts))
    if len(set(sources.values())) > 1:
        names = ", ".join(sorted(sources))
        yield Finding(
            "same-source", "error", names, "were built from different code", "build all of them again"
        )


def _source(text: str) -> str:
    try:
        return str(json.loads(text).get("source"))
    except (ValueError, AttributeError):
        return "unreadable"


def check_modes(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Executables can be started, nothing else has their name, everything can be read."""
    metadata = plugin.metadata() or {}
    executable = metadata.get("executable")
    started = {name for system, name in plugin.executables().items() if system in _SYSTEMS}
    for name, entry in plugin.entries.items():
        if entry.mode is None:
            continue
        if name in started and entry.mode & 0o755 != 0o755 and not name.endswith(".exe"):
            yield Finding(
                "modes", "error", name, f"has mode {entry.mode:04o}", f"chmod 0755 {name}, or build again"
            )
        elif name.startswith(f"{executable}_") and "/" not in name and name not in started:
            yield Finding("modes", "error", name, "has the name of an executable and is none", "rename it")
        elif "ld-linux" in name and not entry.mode & 0o100:
            yield Finding(
                "modes", "error", name, "the loader cannot be started", "zip with plugin-cli package"
            )
        elif entry.mode & 0o444 != 0o444:
            yield Finding(
                "modes", "error", name, f"cannot be read: mode {entry.mode:04o}", f"chmod 0644 {name}"
            )


def check_documents(plugin: BuiltPlugin) -> Iterator[Finding]:
    """README, CHANGELOG and LICENSE are there."""
    for name, severity in _DOCUMENTS.items():
        if name not in plugin.entries:
            remedy = f"write {name} and build again"
            yield Finding("documents", severity, name, "is missing", remedy)  # type: ignore[arg-type]


def check_size(plugin: BuiltPlugin) -> Iterator[Finding]:
    """A plugin that takes minutes to install is one nobody updates."""
    total = sum(entry.size for entry in plugin.entries.values())
    if total > _LARGE_BYTES:
        biggest = max(plugin.entries, key=lambda name: plugin.entries[name].size)
        yield Finding(
            "size",
            "warning",
            biggest,
            f"the plugin is {total / 1e6:.0f} MB; this is its biggest file",
            "leave out what it does not need: [tool.plugin-cli] exclude",
        )


def check_manifest(plugin: BuiltPlugin) -> Iterator[Finding]:
    """A signed plugin holds exactly the files that were signed."""
    if "MANIFEST.txt" not in plugin.entries:
        return
    signed = _signed_files(plugin.text("MANIFEST.txt"))
    if signed is None:
        yield Finding("manifest", "error", "MANIFEST.txt", "holds no list of files", "plugin-cli sign")
        return
    for name, entry in plugin.entries.items():
        if name == "MANIFEST.txt":
            continue
        if signed.pop(name, None) != hashlib.sha256(entry.read()).hexdigest():
            yield Finding("manifest", "error", name, "changed after the plugin was signed", "plugin-cli sign")
    for name in signed:
        yield Finding(
            "manifest", "error", name, "was signed and is missing", "plugin-cli build, then plugin-cli sign"
        )


def _signed_files(text: str) -> dict[str, str] | None:
    """Return the files in the JSON that a clear-signed text holds."""
    start, end = text.find("{"), text.rfind("}")
    try:
        files = json.loads(text[start : end + 1])["files"]
        return {str(name): str(digest) for name, digest in files.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
