"""Stored settings and queries, and what the model makes of them."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from plugin_sdk import CheckHealthResult, DataSource, HealthStatus
from plugin_sdk._serving.models.parse import ModelError, missing_settings, parse_query, parse_settings
from plugin_sdk.testing import in_process, settings
from tests.frontend.showcase.required import Settings

TOKEN = {"api_key": "k", "auth.token": "t"}
# Settings as they are stored, and what lacks; the browser's form marks the same fields.
LACKING: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "nothing stored": ({}, {}, "Method > Token (auth.token) is required"),
    "the default union's secret": ({}, {"auth.token": "t"}, "API key is required; Team is required"),
    "the variant stored too": (
        {"auth": {"kind": "token"}},
        {"auth.token": "t", "api_key": "k"},
        "Team is required",
    ),
    "another variant": (
        {"auth": {"kind": "login", "user": "u"}, "team": "t"},
        TOKEN,
        "Method > Password (auth.password) is required",
    ),
    "an emptied text": ({"team": ""}, TOKEN, "Team is required"),
    "all": ({"team": "t"}, TOKEN, ""),
    "shown by another field": ({"team": "far"}, TOKEN, "Proxy is required"),
    "shown and filled in": ({"team": "far", "proxy": "p"}, TOKEN, ""),
    "a part of a default with a known secret": (
        {"team": "t", "second": {"kind": "login", "user": "eve"}},
        TOKEN,
        "Second > Password is required",
    ),
}


def sentences(data: dict[str, Any], secrets: dict[str, str]) -> str:
    raw = json.dumps(data).encode()
    try:
        parse_settings(Settings, raw, secrets)
    except ModelError as error:
        return str(error)
    return "; ".join(missing_settings(Settings, raw, secrets))


@pytest.mark.parametrize("name", LACKING)
def test_what_is_required_and_empty_is_named_by_its_title(name: str) -> None:
    data, secrets, expected = LACKING[name]

    assert sentences(data, secrets) == expected


class Checked(DataSource[Settings, dict[str, Any]]):
    def check_health(self) -> CheckHealthResult:
        return CheckHealthResult.ok("checked")


def test_save_and_test_refuses_what_the_form_marks_before_the_author_s_check() -> None:
    with in_process(Checked) as client:
        refused = client.check_health(settings({}, {"auth.token": "t"}))
        passed = client.check_health(settings({"team": "t"}, TOKEN))

    assert (refused.status, refused.message) == (HealthStatus.ERROR, "API key is required; Team is required")
    assert (passed.status, passed.message) == (HealthStatus.OK, "checked")


def test_a_default_stays_whole_and_keeps_the_secret_that_only_the_model_knows() -> None:
    found = parse_settings(Settings, b"{}", TOKEN)

    assert isinstance(found.second, object)
    assert found.second.model_dump()["password"].get_secret_value() == "known"
    assert (found.demo.key.get_secret_value(), found.range.high) == ("public", 50)


def test_a_secret_of_a_default_replaces_the_model_s_own() -> None:
    found = parse_settings(Settings, b"{}", TOKEN | {"second.password": "p", "demo.key": "d"})

    assert found.second.model_dump()["user"] == "bob"
    assert found.second.model_dump()["password"].get_secret_value() == "p"
    assert found.demo.key.get_secret_value() == "d"


class Inner(BaseModel):
    number: int = 3
    word: str = "w"


class Stored(BaseModel):
    whole: int = 5
    share: float = 1.5
    text: str = "t"
    flag: bool = True
    choice: Literal["a", "b"] = "a"
    number: Literal[1, 2] = 1
    tags: list[str] = ["x"]
    inner: Inner = Inner()
    inners: list[Inner] = []
    optional: int | None = 7
    either: int | str = 1
    any: Any = "any"
    null_is_a_choice: Literal["a", None] = "a"
    made: list[int] = Field(default_factory=list)


DEFAULT = Stored()
# How JavaScript, Go and older versions wrote a query: what the model reads, or the sentence.
WRITTEN: dict[str, tuple[str, Any]] = {
    "null for a number": ('{"whole": null}', {}),
    "null for a text": ('{"text": null}', {}),
    "null for a flag": ('{"flag": null}', {}),
    "null for a choice": ('{"choice": null}', {}),
    "null for a list": ('{"tags": null}', {}),
    "null for a model": ('{"inner": null}', {}),
    "null in a model": ('{"inner": {"number": null, "word": "v"}}', {"inner": Inner(word="v")}),
    "null in a list of models": ('{"inners": [{"number": null}]}', {"inners": [Inner()]}),
    "null for either": ('{"either": null}', {}),
    "null that is a value": ('{"optional": null}', {"optional": None}),
    "null of any type": ('{"any": null}', {"any": None}),
    "null among the choices": ('{"null_is_a_choice": null}', {"null_is_a_choice": None}),
    "null for everything": (
        json.dumps(dict.fromkeys(Stored.model_fields)),
        {"optional": None, "any": None, "null_is_a_choice": None},
    ),
    "null inside a list": ('{"tags": ["a", null]}', "Tags > item 2 (tags) should be text, found nothing"),
    "null for a list that a function makes": ('{"made": null}', {}),
    "half of a surrogate pair": ('{"text": "a\\ud83d"}', {"text": "a\ufffd"}),
    "a surrogate pair": ('{"text": "\\ud83d\\ude00"}', {"text": "\U0001f600"}),
    "a number as text": ('{"whole": "3", "share": "2.5"}', {"whole": 3, "share": 2.5}),
    "an exponent": ('{"whole": 1e3}', {"whole": 1000}),
    "an exponent of JavaScript": ('{"whole": 1e+3}', {"whole": 1000}),
    "a float that is whole": ('{"whole": 3.0, "number": 2.0}', {"whole": 3, "number": 2}),
    "more than JavaScript counts": ('{"whole": 9007199254740993}', {"whole": 9007199254740993}),
    "a text that says true": ('{"flag": "true"}', {"flag": True}),
    "a flag as 0": ('{"flag": 0}', {"flag": False}),
    "a float that is not whole": ('{"whole": 3.7}', "Whole should be a whole number, found 3.7"),
    "beyond every number": ('{"whole": 1e400}', "Whole should be a finite number"),
    "NaN": ('{"whole": NaN}', "Whole should be a finite number"),
    "a list for a text": ('{"text": ["a"]}', "Text should be text"),
    "a text for a list": ('{"tags": "a,b"}', 'Tags should be a list, found "a,b"'),
    "a variable for a number": ('{"whole": "$n"}', 'Whole should be a whole number, found "$n"'),
    "a word for a model": ('{"inner": "x"}', 'Inner should be an object, found "x"'),
}


class Needed(BaseModel):
    needed: str


def test_null_for_what_has_no_default_is_refused() -> None:
    with pytest.raises(ModelError, match=r"^Needed should be text, found nothing$"):
        parse_query(Needed, b'{"needed": null}')


@pytest.mark.parametrize("name", WRITTEN)
def test_stored_queries_are_read_or_refused_with_a_sentence(name: str) -> None:
    text, expected = WRITTEN[name]
    if isinstance(expected, str):
        with pytest.raises(ModelError) as error:
            parse_query(Stored, text.encode())
        assert str(error.value) == expected
    else:
        assert parse_query(Stored, text.encode()) == DEFAULT.model_copy(update=expected)
