from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr, TypeAdapter

from plugin_cli.build.frontend.typescript import generated_files, types_of, write_generated
from plugin_cli.errors import ProjectError
from plugin_sdk.forms import form


class Tree(BaseModel):
    children: list[Tree] = []


class Basic(BaseModel):
    kind: Literal["basic"] = "basic"
    password: SecretStr


class Token(BaseModel):
    kind: Literal["token"] = "token"
    token: SecretStr


class Settings(BaseModel):
    url: str = Field(description="Ends a */ comment")
    auth: Basic | Token = Field(Token(token=SecretStr("")), discriminator="kind")
    api_key: SecretStr | None = None


class Query(BaseModel):
    count: int = 1
    mode: Literal["a", 2, None] = "a"
    pairs: dict[str, float] = {}
    odd_name: str = Field("", alias="odd-name")
    tree: Annotated[Tree, form(widget="json")] = Tree()
    ids: list[str | int] = []


def schema(query: Any = Query) -> dict[str, Any]:
    models = {"settings": TypeAdapter(Settings).json_schema(), "query": TypeAdapter(query).json_schema()}
    return {"version": 1, **models}


def test_types_say_what_grafana_stores() -> None:
    assert (
        types_of(schema()).split("\n\n", 1)[1]
        == """\
export interface Settings extends DataSourceJsonData {
  /** Ends a * / comment */
  url: string;
  auth?: Basic | Token;
}

/** Stored encrypted under these names; never sent back to the browser. */
export interface Secrets {
  "auth.password"?: string;
  "auth.token"?: string;
  api_key?: string;
}

export interface Query extends DataQuery {
  count?: number;
  mode?: "a" | 2 | null;
  pairs?: Record<string, number>;
  "odd-name"?: string;
  tree?: Tree;
  ids?: Array<string | number>;
}

export interface Basic {
  kind: "basic";
}

export interface Token {
  kind: "token";
}

export interface Tree {
  children?: Array<Tree>;
}
"""
    )


def test_model_named_as_an_interface_gets_another_name() -> None:
    class Outer(BaseModel):
        inner: Settings | None = None

    Outer.__name__ = "Query"
    assert "inner?: SettingsModel | null;" in types_of(schema(Outer))


def test_only_changed_files_are_written(tmp_path: Path) -> None:
    names = {"editors.js", "editors.d.ts", "schema.json", "types.ts"}
    assert set(write_generated(schema(), tmp_path)) == names
    assert write_generated(schema(), tmp_path) == []
    (tmp_path / "types.ts").write_text("edited")
    assert write_generated(schema(), tmp_path) == ["types.ts"]


def test_models_that_cannot_be_shown_are_refused() -> None:
    with pytest.raises(ProjectError, match=r"query\.token: a query is stored in clear text"):
        generated_files(schema(Token))
