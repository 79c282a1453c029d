"""Models with what the showcase lacks: rarer types, hints and nestings, one of each."""

from __future__ import annotations

from datetime import date
from enum import IntEnum, StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from plugin_sdk import DataSource
from plugin_sdk.forms import form, options_from


class Speed(IntEnum):
    SLOW = 1
    FAST = 5


class Zone(StrEnum):
    NORTH = "n"
    EAST = "e"
    SOUTH = "s"
    WEST = "w"


class Disk(BaseModel):
    model_config = ConfigDict(title="Disk")
    kind: Literal["disk"] = "disk"
    path: str = Field("/var/cache", title="Path")


class Redis(BaseModel):
    model_config = ConfigDict(title="Redis")
    kind: Literal["redis"] = "redis"
    password: SecretStr | None = Field(None, title="Redis password")


class Memory(BaseModel):
    model_config = ConfigDict(title="Memory")
    kind: Literal["memory"] = "memory"
    megabytes: int = Field(64, title="Megabytes", ge=1)


class Nothing(BaseModel):
    model_config = ConfigDict(title="Nothing")
    kind: Literal["nothing"] = "nothing"


class Client(BaseModel):
    """What the client shows of itself."""

    key: SecretStr | None = Field(None, title="Client key")
    version: Literal["1.2", "1.3"] = Field("1.3", title="TLS version")


class Tls(BaseModel):
    server_name: str | None = Field(None, title="Server name")
    client: Client = Field(Client(), title="Client")


class Port(BaseModel):
    model_config = ConfigDict(title="Port")
    number: int = Field(title="Port number", ge=1, le=65535)


class Host(BaseModel):
    model_config = ConfigDict(title="Host")
    name: str = Field(title="Host name")
    ports: list[Port] = Field([], title="Ports")


class Settings(BaseModel):
    """Every setting is optional, so that a test stores the ones it is about."""

    retries: int | None = Field(None, title="Retries", ge=0)
    ratio: float = Field(0.5, title="Ratio", multiple_of=0.25)
    speed: Annotated[Speed, form(labels={Speed.SLOW: "slow", Speed.FAST: "fast"})] = Field(
        Speed.SLOW, title="Speed"
    )
    level: Literal["low", "high"] | None = Field(None, title="Level")
    plan: Annotated[Literal["free", "paid"], form(widget="select")] = Field("free", title="Plan")
    zone: Annotated[Zone, form(widget="radio")] = Field(Zone.NORTH, title="Zone")
    zones: Annotated[list[Zone], form(labels={"n": "North"})] = Field([], title="Zones")
    stations: Annotated[list[str], form(options=options_from("stations"))] = Field([], title="Stations")
    day: date | None = Field(None, title="Day")
    code: str = Field("AB-1", title="Code", pattern=r"^[A-Z]{2}-\d+$")
    token: Annotated[str | None, form(secret=True)] = Field(None, title="Token")
    cache: Annotated[Disk | Redis | Memory | Nothing | None, Field(discriminator="kind")] = Field(
        None, title="Cache"
    )
    note: Annotated[str, form(show_if={"cache.kind": ["disk", "redis"]})] = Field("", title="Cache note")
    tls: Tls = Field(Tls(), title="TLS")
    hosts: list[Host] = Field([], title="Hosts", max_length=2)
    either: str | int = Field("", title="Either")
    grid: list[list[int]] = Field([], title="Grid")
    build: str = Field("7", title="Build", json_schema_extra={"readOnly": True})
    patience: int = Field(5, title="Patience in seconds before a request is given up for good")
    hidden: Annotated[str, form(widget="hidden")] = "kept"


class Column(BaseModel):
    model_config = ConfigDict(title="Column")
    name: str = Field("value", title="Column name")


class Where(BaseModel):
    text: str = Field("", title="Condition")
    any_of: list[str] = Field([], title="Any of")


class Query(BaseModel):
    table: str = Field(title="Table")
    columns: list[Column] = Field([], title="Columns")
    raw: Annotated[str, form(interpolate=False)] = Field("", title="Raw")
    joined: Annotated[list[str], form(interpolate="pipe")] = Field([], title="Joined")
    where: Where = Field(Where(), title="Where")


class Rare(DataSource[Settings, Query]):
    """Never run: tests/frontend/showcase_bridge.py answers in its place."""
