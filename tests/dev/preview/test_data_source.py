from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from plugin_cli.dev.preview.bridge import Health
from tests.dev.preview.conftest import Served
from tests.dev.preview.fake_bridge import call_error, unavailable

UID = "/api/datasources/uid/weather"


def test_secrets_are_named_never_sent(served: Served) -> None:
    answer = served.http.get(UID)

    assert answer.json()["secureJsonFields"] == {"api_key": True}
    assert answer.json()["jsonData"] == {"url": "https://api.example.org"}
    assert "s3cret" not in answer.text


def test_an_unknown_uid_is_404_with_a_sentence(served: Served) -> None:
    for path in ("", "/health", "/resources/x"):
        answer = served.http.get("/api/datasources/uid/other" + path)

        assert answer.status_code == 404
        assert "this preview has 'weather'" in answer.json()["message"]


def test_saving_keeps_unnamed_secrets_and_clears_empty_ones(served: Served) -> None:
    served.http.put(UID, json={"jsonData": {"a": 1}, "secureJsonData": {"token": "t"}}).raise_for_status()
    first = served.store.settings
    answer = served.http.put(UID, json={"secureJsonData": {"api_key": ""}}).raise_for_status()

    assert dict(first.decrypted_secure_json_data) == {"api_key": "s3cret", "token": "t"}
    assert dict(served.store.settings.decrypted_secure_json_data) == {"token": "t"}
    assert served.store.settings.json_data == {"a": 1}
    assert answer.json()["datasource"]["version"] == 3
    assert answer.json()["datasource"]["secureJsonFields"] == {"token": True}


def test_saving_moves_the_time_by_which_backends_notice(served: Served) -> None:
    before = served.store.settings.updated
    for _ in range(3):
        served.http.put(UID, json={"jsonData": {}}).raise_for_status()
        assert served.store.settings.updated > before
        before = served.store.settings.updated


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "cannot be stored"),
        (b"[]", "expected a JSON object"),
        (b'{"jsonData": 3}', "jsonData: expected a JSON object, found int"),
        (b'{"secureJsonData": {"k": 12345}}', "secureJsonData.k: expected text, found int"),
        (b'{"name": []}', "name: expected text, found list"),
    ],
)
def test_wrong_settings_are_refused_and_change_nothing(served: Served, body: bytes, sentence: str) -> None:
    before = served.store.to_json()

    answer = served.http.put(UID, content=body)

    assert answer.status_code == 400
    assert sentence in answer.json()["message"]
    assert "12345" not in answer.text
    assert served.store.to_json() == before


def test_a_read_only_data_source_is_not_saved(served: Served) -> None:
    served.store.read_only = True

    assert served.http.put(UID, json={"jsonData": {}}).status_code == 403
    assert served.http.get(UID).json()["readOnly"] is True


def test_health_is_asked_with_the_saved_settings(served: Served) -> None:
    served.http.put(UID, json={"secureJsonData": {"api_key": "new"}}).raise_for_status()
    served.bridge.health = Health("OK", "fine", {"stations": 12})

    answer = served.http.get(UID + "/health")

    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "OK", "message": "fine", "details": {"stations": 12}},
    )
    assert served.bridge.settings is not None
    assert served.bridge.settings.decrypted_secure_json_data == {"api_key": "new"}


@pytest.mark.parametrize("status", ["ERROR", "UNKNOWN"])
def test_health_that_is_not_ok_is_400(served: Served, status: str) -> None:
    served.bridge.health = Health(status, "no key")

    answer = served.http.get(UID + "/health")

    assert (answer.status_code, answer.json()) == (400, {"status": status, "message": "no key"})


def test_a_backend_that_is_away_is_500_with_its_reason(served: Served) -> None:
    served.bridge.failure = unavailable("SyntaxError: line 3")

    answer = served.http.get(UID + "/health")

    assert (answer.status_code, answer.json()) == (
        500,
        {"message": "Plugin unavailable: SyntaxError: line 3"},
    )


def test_a_call_that_fails_keeps_its_status(served: Served) -> None:
    served.bridge.failure = call_error("Method not implemented", 404)

    assert served.http.get(UID + "/health").status_code == 404


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"jsonData": {"a": NaN}}', "NaN is not a JSON number"),
        ('{"jsonData": {"a": [1e999]}}', "1e999 is too large a number"),
        ('{"jsonData": {"a": "\\ud800"}}', "half of a surrogate pair"),
        ('{"jsonData": {"\\udfff": 1}}', "half of a surrogate pair"),
        ('{"secureJsonData": {"api_key": "\\ud800"}}', "half of a surrogate pair"),
        ('{"name": "\\ud800"}', "half of a surrogate pair"),
        ('{"jsonData": {"a": ' + "[" * 5000 + "]" * 5000 + "}}", "nested deeper"),
        ('{"jsonData": 3}', "jsonData: expected a JSON object, found int"),
        ('{"url": 3}', "url: expected text, found int"),
        ("", "Expecting value"),
    ],
)
def test_settings_that_cannot_be_shown_are_not_stored(served: Served, body: str, reason: str) -> None:
    answer = served.http.put(UID, content=body)

    assert (answer.status_code, reason in answer.json()["message"]) == (400, True), answer.text
    assert served.http.get(UID).json()["jsonData"] == {"url": "https://api.example.org"}
    assert served.http.get("/api/preview").status_code == 200


def test_what_json_has_not_is_shown_in_its_place(served: Served) -> None:
    served.store.reload(
        replace(served.store.settings, json_data_raw=b'{"a": Infinity, "b": ["\\ud800", NaN]}')
    )

    answer = served.http.get(UID)

    assert answer.status_code == 200
    assert answer.json()["jsonData"] == {"a": None, "b": ["\ud800", None]}


def test_the_last_moment_of_the_calendar_can_be_edited(served: Served) -> None:
    last = datetime.max.replace(tzinfo=UTC)
    served.store._settings = replace(served.store.settings, updated=last)
    assert served.http.put(UID, json={"jsonData": {}}).status_code == 200
