"""The plugin's docker-compose.yaml: the one file that names the Grafana that runs, and its setup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin_cli.errors import ProjectError
from plugin_cli.system.parse import ParseError, parse_yaml

_VARIABLE = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<plain>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?P<how>:?[-?+])?(?P<rest>[^{}]*)\})"
)


@dataclass(frozen=True)
class GrafanaService:
    """What the file sets for Grafana; `image` is empty where it names none."""

    image: str
    environment: Mapping[str, str]


def read_grafana_service(path: Path, environ: Mapping[str, str]) -> GrafanaService:
    """Return the service `grafana` with its variables filled in, as `docker compose` would.

    Args:
        path: the file; it need not exist.
        environ: this process's environment; a file `.env` beside `path` gives what is not in it.

    Raises:
        ProjectError: the file is invalid; the message names the key.
    """
    if not path.is_file():
        return GrafanaService("", {})
    try:
        document = parse_yaml(path.read_bytes())
    except (OSError, ParseError) as error:
        raise ProjectError(f"{path} cannot be read", why=str(error), remedy="fix the syntax error") from error
    services = document.get("services") if isinstance(document, dict) else None
    service = services.get("grafana") if isinstance(services, dict) else None
    if not isinstance(service, dict):
        raise ProjectError(f"{path} has no service named grafana", why='expected "services: grafana:"')
    values = {**_dotenv(path.parent / ".env"), **environ}
    environment = {
        key: _fill(value, values, f"{path}: environment {key}")
        for key, value in _pairs(service.get("environment"), values, path).items()
    }
    return GrafanaService(_fill(str(service.get("image", "")), values, f"{path}: image"), environment)


def _pairs(environment: Any, values: Mapping[str, str], path: Path) -> dict[str, str]:
    """Return the environment in either of the two forms that Compose takes."""
    if environment is None:
        return {}
    if isinstance(environment, list):
        split = [str(item).partition("=") for item in environment]
        # A bare name takes its value from outside, and is left out where there is none.
        return {
            name: value if sign else values[name] for name, sign, value in split if sign or name in values
        }
    if not isinstance(environment, dict):
        found = type(environment).__name__
        raise ProjectError(f"{path}: services.grafana.environment: expected a mapping, found {found}")
    return {
        str(name): _scalar(value) if value is not None else values[name]
        for name, value in environment.items()
        if value is not None or name in values
    }


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fill(text: str, values: Mapping[str, str], where: str) -> str:
    def value(match: re.Match[str]) -> str:
        if match["dollar"]:
            return "$"
        name, how, rest = match["plain"] or match["name"], match["how"] or "", match["rest"] or ""
        if how.endswith("+"):
            return rest if values.get(name) or (how == "+" and name in values) else ""
        if values.get(name) or (name in values and not how.startswith(":")):
            return values[name]
        if how.endswith("?"):
            raise ProjectError(f"{where}: the environment variable {name} is not set", why=rest or None)
        return rest if how else ""

    return _VARIABLE.sub(value, text)


def _dotenv(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return {}
    pairs = [
        line.strip().partition("=") for line in lines if "=" in line and not line.lstrip().startswith("#")
    ]
    return {name.removeprefix("export ").strip(): _unquoted(value.strip()) for name, _, value in pairs}


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
