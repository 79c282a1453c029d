"""The data source that `provisioning/datasources/*.yaml` describes, read as Grafana reads it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugin_cli.errors import ProjectError, UsageError
from plugin_cli.project import Project
from plugin_cli.provisioning.expansion import UnreadableFileError, expand, variables_of
from plugin_cli.system.parse import ParseError, check_text, parse_yaml

if TYPE_CHECKING:
    from plugin_sdk import DataSourceInstanceSettings


def load_settings(
    project: Project,
    *,
    settings_file: Path | None = None,
    name: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> DataSourceInstanceSettings[Any]:
    """Return the settings of the project's data source, secrets included.

    Args:
        project: the plugin.
        settings_file: a YAML or JSON file with `jsonData` and `secureJsonData` instead of provisioning.
        name: which of several provisioned data sources, by name or uid; the first unless given.
        environ: where variables are looked up; the process' environment unless given.

    Raises:
        ProjectError: a file cannot be read or has the wrong shape.
        UsageError: the settings file or the named data source does not exist.
    """
    variables = os.environ if environ is None else environ
    if settings_file is not None:
        if not settings_file.is_file():
            raise UsageError(f"--settings: {settings_file} does not exist")
        return _instance(project, _read(settings_file), variables, settings_file)
    found = list(provisioned(project))
    chosen = [entry for entry in found if name is None or name in (entry[0].get("name"), entry[0].get("uid"))]
    if chosen:
        return _instance(project, chosen[0][0], variables, chosen[0][1])
    if name is not None:
        known = ", ".join(str(entry[0].get("name")) for entry in found) or "none"
        raise UsageError(f"--datasource: no provisioned data source {name!r}", why=f"there are: {known}")
    return _instance(project, {}, variables, project.provisioning)


def is_editable(project: Project) -> bool:
    """Return True if the first provisioned data source may be edited on a page: unless `editable: false`."""
    return next((entry.get("editable") is not False for entry, _ in provisioned(project)), True)


def unset_variables(
    project: Project, *, settings_file: Path | None = None, environ: Mapping[str, str] | None = None
) -> list[tuple[str, Path]]:
    """Return the unset variables that the settings refer to, each with the file that refers to it."""
    variables = os.environ if environ is None else environ
    named = (
        [(settings_file, _read(settings_file))]
        if settings_file
        else [(p, e) for e, p in provisioned(project)]
    )
    found = {name: path for path, entry in named for name in _names(entry) if name not in variables}
    return list(found.items())


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from variables_of(value)
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _names(item)


def provisioned(project: Project) -> Iterator[tuple[dict[str, Any], Path]]:
    """Yield the entries of the plugin's data sources, each with its file.

    Raises:
        ProjectError: a file cannot be read or has the wrong shape.
    """
    folder = project.provisioning / "datasources"
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        document = _read(path)
        entries = document.get("datasources") or []
        if not isinstance(entries, list):
            raise ProjectError(
                f"{path}: datasources is not a list", remedy="see Grafana's provisioning format"
            )
        for entry in entries:
            if isinstance(entry, dict) and entry.get("type") == project.plugin_id:
                yield entry, path


def _read(path: Path) -> dict[str, Any]:
    try:
        document = parse_yaml(path.read_bytes())
    except (OSError, ParseError) as error:
        raise ProjectError(
            f"{path} cannot be read", why=str(error), remedy="fix the syntax error in it"
        ) from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ProjectError(f"{path} holds {type(document).__name__}, expected a mapping")
    return document


def _expanded(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return expand(value, variables)
    if isinstance(value, dict):
        return {key: _expanded(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_expanded(item, variables) for item in value]
    return value


def _mapping(entry: dict[str, Any], key: str, path: Path) -> dict[str, Any]:
    value = entry.get(key) or {}
    if not isinstance(value, dict):
        raise ProjectError(f"{path}: {key} is {type(value).__name__}, expected a mapping")
    return value


def _text(value: Any) -> str:
    """Return what YAML has and JSON has not, such as an unquoted date, as text."""
    return str(value.isoformat() if hasattr(value, "isoformat") else value)


def _check_text(entry: dict[str, Any], path: Path) -> None:
    try:
        check_text(entry, default=_text)
    except (ParseError, TypeError) as error:
        raise ProjectError(f"{path} cannot be used", why=str(error), remedy="write plain text") from error


def _json(value: dict[str, Any], path: Path) -> bytes:
    try:
        return json.dumps(value, default=_text, allow_nan=False).encode()
    except (ValueError, TypeError) as error:
        raise ProjectError(
            f"{path}: jsonData cannot be written as JSON",
            why=str(error),
            remedy="write numbers, strings, lists and mappings with string keys",
        ) from error


def _modified(path: Path) -> datetime:
    """Return when the file was changed, in whole milliseconds; 1970 where no calendar has the moment."""
    try:
        return datetime.fromtimestamp(int(path.stat().st_mtime * 1000) / 1000, tz=UTC)
    except (OSError, ValueError, OverflowError):
        return datetime.fromtimestamp(0, tz=UTC)


def _instance(
    project: Project, entry: dict[str, Any], variables: Mapping[str, str], path: Path
) -> DataSourceInstanceSettings[Any]:
    from plugin_sdk import DataSourceInstanceSettings

    try:
        entry = _expanded(entry, variables)
    except UnreadableFileError as error:
        raise ProjectError(
            f"{path} names a file that cannot be read",
            why=str(error),
            remedy="make the file readable here, or take the value from the environment: $VAR",
        ) from error
    _check_text(entry, path)
    secrets = {key: str(value) for key, value in _mapping(entry, "secureJsonData", path).items() if value}
    return DataSourceInstanceSettings(
        json_data_raw=_json(_mapping(entry, "jsonData", path), path),
        decrypted_secure_json_data=secrets,
        updated=_modified(path),
        id=1,
        uid=str(entry.get("uid") or project.plugin_id),
        type=project.plugin_id,
        name=str(entry.get("name") or project.name),
        url=str(entry.get("url") or ""),
        user=str(entry.get("user") or ""),
        database=str(entry.get("database") or ""),
        basic_auth_enabled=str(entry.get("basicAuth", "")).lower() in ("true", "t", "1"),
        basic_auth_user=str(entry.get("basicAuthUser") or ""),
    )
