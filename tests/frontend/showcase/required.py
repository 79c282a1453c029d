"""Settings that are required in every way a model can say it, and defaults that hold models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from plugin_sdk import DataSource
from plugin_sdk.forms import form


class Login(BaseModel):
    model_config = ConfigDict(title="Login")
    kind: Literal["login"] = "login"
    user: str = Field(title="User")
    password: SecretStr = Field(title="Password")


class Token(BaseModel):
    model_config = ConfigDict(title="Token")
    kind: Literal["token"] = "token"
    token: SecretStr = Field(title="Token")


class Range(BaseModel):
    low: int = Field(0, title="Low")
    high: int = Field(100, title="High")


class Demo(BaseModel):
    key: SecretStr = Field(title="Demo key")
    note: str = Field("", title="Demo note")


class Settings(BaseModel):
    api_key: Annotated[SecretStr, form(required=True)] = Field(SecretStr(""), title="API key")
    team: Annotated[str, form(required=True)] = Field("", title="Team")
    auth: Login | Token = Field(Token(token=SecretStr("")), title="Method", discriminator="kind")
    second: Login | Token = Field(
        Login(user="bob", password=SecretStr("known")), title="Second", discriminator="kind"
    )
    range: Range = Field(Range(high=50), title="Range")
    demo: Demo = Field(Demo(key=SecretStr("public")), title="Demo")
    proxy: Annotated[str, form(required=True, show_if={"team": "far"})] = Field("", title="Proxy")


class Required(DataSource[Settings, BaseModel]):
    """A plugin whose settings are hard to fill in."""
