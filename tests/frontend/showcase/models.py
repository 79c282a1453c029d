"""Models with a field of every kind that the editors show."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr

from plugin_sdk.forms import AdhocFilter, form, options_from


class Region(StrEnum):
    EU = "eu"
    US = "us"
    AP = "ap"
    SA = "sa"


class NoAuth(BaseModel):
    model_config = ConfigDict(title="No auth")
    kind: Literal["none"] = "none"


class BasicAuth(BaseModel):
    model_config = ConfigDict(title="Basic")
    kind: Literal["basic"] = "basic"
    user: str = Field(title="User")
    password: SecretStr = Field(title="Password")


class TokenAuth(BaseModel):
    model_config = ConfigDict(title="Token")
    kind: Literal["token"] = "token"
    token: SecretStr = Field(title="Token", description="Sent as a bearer token")


class Proxy(BaseModel):
    """Reach the service through a proxy."""

    host: str = Field(title="Proxy host")
    port: int = Field(3128, title="Proxy port", ge=1, le=65535)


class Header(BaseModel):
    model_config = ConfigDict(title="Header")
    name: str = Field(title="Header name")
    value: str = Field("", title="Header value")


class Settings(BaseModel):
    url: Annotated[HttpUrl, form(placeholder="https://api.example.org", section="Connection")] = Field(
        title="URL", description="Base address of the weather service"
    )
    region: Annotated[
        Region,
        form(
            section="Connection",
            labels={"eu": "Europe", "us": "United States", "ap": "Asia", "sa": "South America"},
        ),
    ] = Field(Region.EU, title="Region")
    timeout: Annotated[int, form(section="Connection")] = Field(30, title="Timeout (s)", ge=1, le=300)
    tls_skip_verify: Annotated[bool, form(section="Connection")] = Field(False, title="Skip TLS verify")
    station: Annotated[str, form(section="Connection", options=options_from("stations"), custom=True)] = (
        Field("", title="Home station")
    )
    auth: Annotated[NoAuth | BasicAuth | TokenAuth, form(section="Authentication")] = Field(
        NoAuth(), title="Method", discriminator="kind"
    )
    api_key: Annotated[SecretStr, form(section="Authentication")] = Field(
        title="API key", description="Stored encrypted, never sent back to the browser"
    )
    ca_cert: Annotated[
        SecretStr | None,
        form(section="Authentication", widget="textarea", placeholder="-----BEGIN CERTIFICATE-----"),
    ] = Field(None, title="CA certificate")
    proxy: Proxy | None = Field(None, title="Proxy")
    headers: list[Header] = Field([], title="Headers", max_length=3)
    tags: Annotated[list[str], form(section="Extra")] = Field([], title="Default tags")
    note: Annotated[str | None, form(section="Extra", widget="textarea")] = Field(
        None, title="Note", max_length=200
    )
    cached: Annotated[bool | None, form(section="Extra")] = Field(None, title="Cached")
    extra: Annotated[dict[str, Any], form(section="Extra")] = Field({}, title="Extra parameters")


class Limits(BaseModel):
    low: float = Field(0.0, title="Low")
    high: float = Field(100.0, title="High")


class Query(BaseModel):
    mode: Literal["metric", "sql"] = Field("metric", title="Mode")
    station: Annotated[
        str, form(options=options_from("stations"), custom=True, show_if={"mode": "metric"})
    ] = Field("berlin", title="Station", min_length=1)
    sensor: Annotated[str, form(options=options_from("sensors", "station"), show_if={"mode": "metric"})] = (
        Field("temperature", title="Sensor")
    )
    factor: Annotated[float, form(show_if={"mode": "metric"}, width=12)] = Field(1.0, title="Factor", gt=0)
    smooth: Annotated[bool, form(show_if={"mode": ["metric"]})] = Field(False, title="Smooth")
    sql: Annotated[
        str, form(widget="code", language="sql", show_if={"mode": "sql"}, interpolate="sqlstring")
    ] = Field("select 1", title="SQL")
    alias: Annotated[str | None, form(placeholder="{{name}}")] = Field(
        None, title="Alias", description="May use $host"
    )
    hosts: list[str] = Field([], title="Hosts")
    aggregates: list[Literal["avg", "min", "max"]] = Field([], title="Aggregates")
    limits: Limits = Field(Limits(), title="Limits")
    filters: list[AdhocFilter] = Field([], alias="adhocFilters")
