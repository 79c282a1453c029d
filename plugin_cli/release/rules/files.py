"""Rules on the files of a built plugin: what Grafana's discovery and installer refuse."""

from __future__ import annotations

from collections.abc import Iterator

from plugin_cli.release.built_plugin import BuiltPlugin
from plugin_cli.release.finding import Finding, Severity, shown
from plugin_cli.release.rules.facts import build_info
from plugin_cli.release.rules.shapes import MANIFEST, mismatches
from plugin_cli.system.parse import ParseError, parse_json
from plugin_cli.target import TARGETS

_DOCUMENTS: dict[str, Severity] = {"README.md": "error", "CHANGELOG.md": "warning", "LICENSE": "error"}
_FORBIDDEN_NAMES = {
    "standalone.txt": "a development server was pointed at this folder",
    "pid.txt": "a development server was pointed at this folder",
    ".env": "it may hold secrets",
    ".DS_Store": "left by a file manager",
}
_FORBIDDEN_FOLDERS = ("__pycache__", "node_modules", ".git", ".venv")
_SYSTEMS = frozenset(target.folder for target in TARGETS)
_SECRET_ENDINGS = (".pem", ".key")
_LARGE_BYTES = 200_000_000


def check_layout(plugin: BuiltPlugin) -> Iterator[Finding]:
    """A zip holds one folder named like the plugin."""
    identity = (plugin.metadata() or {}).get("id")
    top = {member.partition("/")[0] for member in plugin.members}
    if plugin.is_zip and list(top) != [identity]:
        found = ", ".join(sorted(top)[:5]) or "nothing"
        yield Finding(
            "layout",
            "error",
            plugin.location.name,
            f"holds {found} instead of one folder {identity}",
            "plugin-cli package",
        )


def check_kinds(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Files and folders, nothing else; a link that cannot be followed keeps Grafana from starting."""
    for name, entry in plugin.entries.items():
        if entry.kind == "symbolic link":
            remedy = "copy the file instead; plugin-cli build makes none"
            yield Finding("links", "error", name, "is a symbolic link", remedy)
        elif entry.kind not in ("file", "damaged file"):
            yield Finding("kinds", "error", name, f"is a {entry.kind} and not a file", "remove it")


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
        if len(folders) > 1 and folders[0] in _SYSTEMS and folders[1] in ("lib", "Lib"):
            continue  # packages lie there as their makers built them
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
    found = plugin.executables()
    if not found:
        name = f"{metadata['executable']}_linux_amd64"
        yield Finding(
            "executable", "error", name, "the backend's executable is missing", "plugin-cli build linux"
        )
    if found and "linux_amd64" not in found:
        yield Finding(
            "systems", "warning", "plugin.json", "Linux on amd64 is missing", "plugin-cli build linux"
        )
    sources = {
        name: info.get("source") for system, name in found.items() if (info := build_info(plugin, system))
    }
    if len({str(source) for source in sources.values()}) > 1:
        names = ", ".join(sorted(sources))
        yield Finding(
            "same-source", "error", names, "were built from different code", "build all of them again"
        )


def check_modes(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Executables can be started, everything can be read, and nothing takes its owner's rights."""
    started = set(plugin.executables().values())
    for name, entry in plugin.entries.items():
        if entry.mode is None or entry.kind != "file":
            continue
        if entry.mode & 0o7000:
            message, remedy = (
                f"has mode {entry.mode:04o}: setuid, setgid or sticky",
                f"chmod 0755 {shown(name)}",
            )
        elif name in started and entry.mode & 0o755 != 0o755 and not name.endswith(".exe"):
            message, remedy = f"has mode {entry.mode:04o}", f"chmod 0755 {shown(name)}, or build again"
        elif "ld-linux" in name and not entry.mode & 0o100:
            message, remedy = "the loader cannot be started", "zip with plugin-cli package"
        elif entry.mode & 0o444 != 0o444:
            message, remedy = f"cannot be read: mode {entry.mode:04o}", f"chmod 0644 {shown(name)}"
        else:
            continue
        yield Finding("modes", "error", name, message, remedy)


def check_documents(plugin: BuiltPlugin) -> Iterator[Finding]:
    """README, CHANGELOG and LICENSE are there."""
    for name, severity in _DOCUMENTS.items():
        if name not in plugin.entries:
            yield Finding("documents", severity, name, "is missing", f"write {name} and build again")


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
    try:
        signed = _signed_files(plugin.text("MANIFEST.txt"))
    except ParseError as error:
        message = f"holds no list of files: {error}"
        yield Finding("manifest", "error", "MANIFEST.txt", message, "plugin-cli sign")
        return
    for name, entry in plugin.entries.items():
        if name == "MANIFEST.txt" or entry.kind != "file":
            continue
        try:
            digest = entry.content.sha256
        except OSError:
            continue  # a finding of its own
        if signed.pop(name, None) != digest:
            yield Finding("manifest", "error", name, "changed after the plugin was signed", "plugin-cli sign")
    for name in signed:
        yield Finding(
            "manifest", "error", name, "was signed and is missing", "plugin-cli build, then plugin-cli sign"
        )


def _signed_files(text: str) -> dict[str, str]:
    """Return the files in the JSON that a clear-signed text holds."""
    manifest = parse_json(text[text.find("{") : text.rfind("}") + 1])
    for path, value, expected in mismatches(manifest, MANIFEST):
        raise ParseError(f'"{path}" is {value!r:.80} and not {expected}')
    files = (manifest or {}).get("files")
    if not isinstance(files, dict):
        raise ParseError('"files" is missing')
    return files
