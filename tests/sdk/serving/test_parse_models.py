from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from plugin_sdk._serving.models.parse import ModelError, check_query_fields, parse_query, parse_settings
from plugin_sdk.forms import form


class Basic(BaseModel):
    kind: Literal["basic"] = "basic"
    user: str = Field(title="User")
    password: SecretStr = Field(title="Password")


class Token(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["token"] = "token"
    token: SecretStr = Field(title="Token")


class Database(BaseModel):
    name: str = Field("main", title="Database")
    password: SecretStr | None = Field(None, title="Database password")


class Settings(BaseModel):
    url: str = Field(title="URL")
    api_key: SecretStr = Field(title="API key")
    timeout: int = Field(30, title="Timeout", ge=1, le=300)
    auth: Basic | Token | None = Field(None, title="Method", discriminator="kind")
    database: Database = Database()
    plain: Annotated[str | None, form(secret=True)] = Field(None, title="Plain")


class Query(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    station: str = Field("berlin", title="Station", min_length=1)
    mode: Literal["a", "b"] = Field("a", title="Mode")
    day: date | None = Field(None, title="Day")
    tags: list[str] = Field([], title="Tags")


def settings(text: str, **secrets: str) -> Settings:
    return parse_settings(Settings, text.encode(), secrets)


def test_secrets_are_put_at_their_dotted_names() -> None:
    found = settings(
        '{"url": "u", "auth": {"kind": "basic", "user": "ada"}}',
        **{"api_key": "k", "auth.password": "p", "database.password": "d", "plain": "q"},
    )
    assert found.api_key.get_secret_value() == "k"
    assert isinstance(found.auth, Basic)
    assert found.auth.password.get_secret_value() == "p"
    assert found.database.password is not None
    assert (found.database.password.get_secret_value(), found.database.name) == ("d", "main")
    assert found.plain == "q"


def test_secrets_of_another_variant_stay_out() -> None:
    secrets = {"api_key": "k", "auth.password": "old", "auth.token": "t"}
    found = settings('{"url": "u", "auth": {"kind": "token"}}', **secrets)
    assert isinstance(found.auth, Token)
    assert found.auth.token.get_secret_value() == "t"


def test_unknown_and_empty_secrets_are_ignored() -> None:
    with pytest.raises(ModelError, match=r"^API key is required$"):
        settings('{"url": "u"}', api_key="", httpHeaderValue1="x")


def test_an_unencrypted_secret_is_ignored() -> None:
    with pytest.raises(ModelError, match="API key is required"):
        settings('{"url": "u", "api_key": "in clear text"}')


def test_defaults_fill_empty_settings() -> None:
    class Empty(BaseModel):
        limit: int = 5

    assert parse_settings(Empty, b"", {}).limit == 5
    assert parse_settings(Empty, b"null", {}).limit == 5


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{}", "URL is required"),
        ('{"url": 5}', "URL should be text, found 5"),
        ('{"url": "u", "timeout": "x"}', 'Timeout should be a whole number, found "x"'),
        ('{"url": "u", "timeout": 900}', "Timeout should be at most 300, found 900"),
        ('{"url": null}', "URL should be text, found nothing"),
        ('{"url": "u", "auth": {"kind": "x"}}', "Method (auth) should be one of 'basic', 'token'"),
        ('{"url": "u", "auth": {"kind": "basic"}}', "Method > User (auth.user) is required; "
         "Method > Password (auth.password) is required"),
        ('{"url": "u", "auth": {"kind": "token", "x": 1}}', "Method > Token (auth.token) is required; "
         "Method > x (auth.x) is not a field of the settings"),
        ('{"url": "u", "auth": {}}', "Method (auth) should be an object with kind"),
        ('{"url": "u", "database": 3}', "database should be an object, found 3"),
        ("[]", "the settings should be a JSON object, found list"),
        ("{", "the settings are not JSON"),
    ],
)  # fmt: skip
def test_invalid_settings_are_reported_with_title_and_expectation(text: str, sentence: str) -> None:
    with pytest.raises(ModelError) as error:
        settings(text, api_key="k")
    assert str(error.value).casefold() == sentence.casefold()


def test_errors_neither_show_nor_keep_secrets() -> None:
    class Short(BaseModel):
        key: SecretStr = Field(title="Key", max_length=3)

    with pytest.raises(ModelError) as error:
        parse_settings(Short, b"{}", {"key": "s3cret"})
    assert str(error.value) == "Key should be at most 3 long"
    assert error.value.__cause__ is None
    assert error.value.__context__ is None


def test_many_errors_are_counted() -> None:
    class Many(BaseModel):
        a: int
        b: int
        c: int
        d: int
        e: int

    with pytest.raises(ModelError, match="A is required; B is required; C is required; and 2 more"):
        parse_settings(Many, b"{}", {})


def test_a_strict_query_model_accepts_grafanas_own_keys() -> None:
    text = b'{"refId": "A", "datasource": {"uid": "x"}, "intervalMs": 1, "hide": false, "day": "2026-01-31"}'
    query = parse_query(Query, text)
    assert (query.station, query.day) == ("berlin", date(2026, 1, 31))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"station": ""}', 'Station should be filled in, found ""'),
        ('{"mode": "c"}', "Mode should be one of 'a', 'b', found \"c\""),
        ('{"tags": ["x", 2]}', "Tags > item 2 (tags) should be text, found 2"),
        ('{"surprise": 1}', "surprise is not a field of the query, found 1"),
        ('{"station": "' + "x" * 99 + '", "mode": 1}', "Mode should be one of 'a', 'b', found 1"),
        ("{", "the query is not JSON"),
    ],
)
def test_an_invalid_query_is_reported_with_the_title(text: str, sentence: str) -> None:
    with pytest.raises(ModelError) as error:
        parse_query(Query, text.encode())
    assert str(error.value) == sentence.replace(", found 1", "") if "surprise" in text else sentence


def test_the_text_of_the_authors_own_checks_is_kept() -> None:
    class Checked(BaseModel):
        low: int = Field(0, title="Low")
        high: int = Field(1, title="High")

        @field_validator("low")
        @classmethod
        def even(cls, value: int) -> int:
            if value % 2:
                raise ValueError("must be even")
            return value

        @model_validator(mode="after")
        def ordered(self) -> Checked:
            assert self.low < self.high, "Low must lie below High"
            return self

    with pytest.raises(ModelError, match=r"^Low: must be even$"):
        parse_query(Checked, b'{"low": 1}')
    with pytest.raises(ModelError, match="Low must lie below High"):
        parse_query(Checked, b'{"low": 4}')


def test_a_plain_dict_receives_the_query_unchanged() -> None:
    assert parse_query(dict[str, Any], b'{"refId": "A", "a": 1}') == {"refId": "A", "a": 1}


def test_a_model_may_have_the_filters_of_the_dashboard() -> None:
    class Filtered(BaseModel):
        filters: list[dict[str, str]] = Field([], alias="adhocFilters")

    assert parse_query(Filtered, b'{"adhocFilters": [{"key": "host"}]}').filters == [{"key": "host"}]


def test_a_type_without_json_schema_is_still_validated() -> None:
    class Opaque:
        pass

    class Odd(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        name: str = Field(title="Name")
        thing: Opaque | None = None

    assert parse_settings(Odd, b'{"name": "x"}', {}).name == "x"


def test_a_required_model_with_defaults_may_be_absent() -> None:
    class Limits(BaseModel):
        low: int = 0
        high: int | None = None

    class Nested(BaseModel):
        limits: Limits

    assert parse_settings(Nested, b"{}", {}).limits.low == 0
    assert parse_query(Nested, b'{"limits": null}').limits.low == 0


def test_the_fields_of_a_required_model_are_reported_missing() -> None:
    class Limits(BaseModel):
        low: int = Field(title="Low")

    class Nested(BaseModel):
        limits: Limits = Field(title="Limits")

    with pytest.raises(ModelError, match=r"^Limits > Low is required$"):
        parse_query(Nested, b"{}")


@pytest.mark.parametrize("stored", [b"{}", b'{"proxy": null}'])
def test_an_old_secret_does_not_switch_on_an_optional_model(stored: bytes) -> None:
    class Proxy(BaseModel):
        host: str
        password: SecretStr | None = None

    class Proxied(BaseModel):
        proxy: Proxy | None = None

    secrets = {"proxy.password": "old"}
    assert parse_settings(Proxied, stored, secrets).proxy is None
    on = parse_settings(Proxied, b'{"proxy": {"host": "h"}}', secrets).proxy
    assert on is not None
    assert on.password is not None


class Aliased(BaseModel):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)
    station: str = Field("", alias="stationName")


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


@pytest.mark.parametrize(
    ("model", "query"),
    [
        (Query, b'{"station": "oslo", "refId": "A", "datasource": {}, "intervalMs": 1}'),
        (Query, b""),
        (Aliased, b'{"station": "oslo"}'),
        (Aliased, b'{"stationName": "oslo"}'),
        (Open, b'{"anything": 1}'),
        (dict, b'{"anything": 1}'),
    ],
)
def test_known_fields_of_a_query_are_accepted(model: Any, query: bytes) -> None:
    check_query_fields(model, query)


@pytest.mark.parametrize(
    ("model", "query", "told"),
    [
        (
            Query,
            b'{"sation": "oslo"}',
            "the query has no field 'sation'; allowed: day, mode, station, tags; did you mean 'station'?",
        ),
        (Query, b'{"x": 1}', "the query has no field 'x'; allowed: day, mode, station, tags"),
        (BaseModel, b'{"x": 1}', "the query has no field 'x'; allowed: none"),
    ],
)
def test_a_mistyped_field_is_refused_with_the_known_ones(model: Any, query: bytes, told: str) -> None:
    with pytest.raises(ModelError) as refused:
        check_query_fields(model, query)

    assert str(refused.value) == told
