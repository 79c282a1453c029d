"""Keys in provisioned data sources, dashboards and alert rules that no field of the models takes.

They outlive every change of the models: Grafana stores them, the backend ignores them, and the panel shows
something else than its file says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project
from plugin_cli.provisioning.read import provisioned
from plugin_cli.system.parse import ParseError, parse_json, parse_yaml
from plugin_sdk import json_schema as js

# Keys that Grafana itself reads, in the settings of any data source.
_GRAFANAS = re.compile(
    "tls(?:Auth|AuthWithCACert|SkipVerify|CACert|ClientCert|ClientKey)|serverName|oauthPassThru|keepCookies"
    "|timeout|httpMethod|manageAlerts|enableSecureSocksProxy|pdcInjected|basicAuthPassword|password"
    r"|httpHeader(?:Name|Value)\d+"
)
Found = tuple[Path, str, str]
"""A file, the place in it, and the name that no field has."""


def unknown_fields(project: Project, schema: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each key that the models do not take, with the nearest name.

    A file that cannot be read is left to whoever needs it.
    """
    settings, query = _names_of(schema["settings"]), _names_of(schema["query"])
    sentences = []
    if settings is not None:
        secrets = set(_paths_of(schema["settings"]))
        for path, location, name in _of_data_sources(project):
            allowed = settings if location == "jsonData" else secrets
            if name not in allowed and not _GRAFANAS.fullmatch(name):
                sentences.append(_sentence(project, path, location, name, allowed, "settings"))
    if query is not None:
        for path, location, name in _of_queries(project):
            if name not in query and name not in js.RESERVED:
                sentences.append(_sentence(project, path, location, name, query, "query"))
    return list(dict.fromkeys(sentences))


def _sentence(project: Project, path: Path, location: str, name: str, allowed: set[str], kind: str) -> str:
    near = get_close_matches(name, allowed, n=1)
    guess = f"did you mean {near[0]}?" if near else f"its fields: {', '.join(sorted(allowed)) or 'none'}"
    return f"{path.relative_to(project.root)}: {location}: the {kind} model has no field {name!r}; {guess}"


def _names_of(root: Mapping[str, Any]) -> set[str] | None:
    """Return the names of a model's fields; None where it takes any."""
    node = js.resolve(root, root)
    if "properties" not in node or node.get("additionalProperties"):
        return None
    return set(node["properties"])


def _paths_of(root: Mapping[str, Any]) -> Iterator[str]:
    """Yield the dotted paths of all fields, which is what secrets inside models are called."""
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting:
        prefix, raw = waiting.pop()
        node = js.resolve(root, raw)
        options = [js.resolve(root, option) for option in node.get("oneOf") or [node]]
        for option in options:
            for name, inner in (option.get("properties") or {}).items():
                yield prefix + name
                if prefix.count(".") < 4:  # a model may hold itself
                    waiting.append((f"{prefix}{name}.", inner))


def _of_data_sources(project: Project) -> Iterator[Found]:
    for entry, path in _data_sources(project):
        for location in ("jsonData", "secureJsonData"):
            for name in entry.get(location) or {}:
                yield path, location, str(name)


def _data_sources(project: Project) -> list[tuple[dict[str, Any], Path]]:
    try:
        return list(provisioned(project))
    except PluginCliError:
        return []


def _of_queries(project: Project) -> Iterator[Found]:
    uids = {entry.get("uid") for entry, _ in _data_sources(project)} - {None}
    for path in sorted((project.provisioning / "dashboards").rglob("*.json")):
        for panel, target in _targets(_read(path), project.plugin_id, uids):
            location = f"panel {panel.get('title') or panel.get('id')!r}, query {target.get('refId', 'A')}"
            yield from ((path, location, str(name)) for name in target)
    folder = project.provisioning / "alerting"
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        for title, node in _rule_queries(_read(path)):
            model = node.get("model")
            if node.get("datasourceUid") in uids and isinstance(model, dict):
                yield from ((path, f"rule {title!r}, query {node.get('refId')}", str(name)) for name in model)


def _read(path: Path) -> Any:
    try:
        return (parse_json if path.suffix == ".json" else parse_yaml)(path.read_bytes())
    except (OSError, ParseError):
        return None


def _items(node: Any, key: str) -> list[dict[str, Any]]:
    """Return the objects of a list in an object; none where the file has another shape."""
    found = node.get(key) if isinstance(node, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _targets(node: Any, plugin_id: str, uids: set[Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield the panels of a dashboard, those in rows too, with each of their queries of this plugin."""
    for panel in _items(node, "panels"):
        yield from _targets(panel, plugin_id, uids)
        for target in _items(panel, "targets"):
            source = target.get("datasource") or panel.get("datasource")
            if isinstance(source, dict) and (source.get("type") == plugin_id or source.get("uid") in uids):
                yield panel, target


def _rule_queries(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for group in _items(document, "groups"):
        for rule in _items(group, "rules"):
            for node in _items(rule, "data"):
                yield str(rule.get("title")), node
