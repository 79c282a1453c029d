"""No value of a data source's secrets reaches an error text or a log line, however it is written."""

from __future__ import annotations

import base64
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from plugin_sdk import (
    CheckHealthResult,
    DataQuery,
    DataSource,
    HealthStatus,
    PluginError,
    _log,
    _secrets,
    resource,
)
from plugin_sdk.client import PluginProcess
from plugin_sdk.errors import text_of
from plugin_sdk.messages import DataResponse
from plugin_sdk.testing import ClientError, in_process, settings
from tests.sdk.conftest import Lines

KEY = 's3cr3t/k€y+with "quotes" & more'
PEM = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nAQEFAASCBKcwggSjAgEAAo\n-----END KEY-----"
SECRETS = {"api_key": KEY, "pem": PEM, "pin": "42", "empty": "", "word": "key"}


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the secrets of a test before the next."""
    monkeypatch.setattr(_secrets, "_values", {})
    monkeypatch.setattr(_secrets, "_pattern", None)


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in an address": lambda key: quote(key, safe=""),
    "in a path": quote,
    "in a form": quote_plus,
    "in JSON": json.dumps,
    "in JSON of Unicode": lambda key: json.dumps(key, ensure_ascii=False),
    "as a literal": repr,
    "encoded": lambda key: base64.b64encode(key.encode()).decode(),
    "as basic authentication": lambda key: base64.b64encode(b"anna:" + key.encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_struck_out_however_it_is_written(form: str) -> None:
    _secrets.register(SECRETS, "anna")

    struck = _secrets.strike(f"GET https://api.example?key={FORMS[form](KEY)}&x=1 failed")

    assert _secrets.MARK in struck
    assert FORMS[form](KEY) not in struck
    assert "failed" in struck


def test_the_lines_of_a_key_are_struck_out_on_their_own() -> None:
    _secrets.register(SECRETS)

    assert _secrets.strike("near MIIEvQIBADANBgkqhkiG9w0 there") == f"near {_secrets.MARK} there"
    assert _secrets.strike(PEM) == _secrets.MARK


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("KeyError: key", f"KeyError: {_secrets.MARK}"),
        ("monkey keyboard", "monkey keyboard"),
        ("pin=42", f"pin={_secrets.MARK}"),
        ("1420 rows", "1420 rows"),
        ("", ""),
    ],
)
def test_a_short_secret_is_struck_out_where_it_stands_alone(text: str, expected: str) -> None:
    _secrets.register(SECRETS)

    assert _secrets.strike(text) == expected


def test_a_secret_that_begins_with_another_goes_whole() -> None:
    _secrets.register({"a": "abcdef", "b": "abcdefghij"})

    assert _secrets.strike("x abcdefghij y abcdef z") == f"x {_secrets.MARK} y {_secrets.MARK} z"


def test_secrets_of_old_settings_are_kept_for_a_long_time_but_not_for_ever() -> None:
    for number in range(_secrets._MOST + 1):
        _secrets._values[f"secret number {number}"] = None
    _secrets.register({"new": "the newest secret"})

    assert _secrets.strike("the newest secret") == _secrets.MARK
    assert _secrets.strike("secret number 0") == "secret number 0"
    assert len(_secrets._values) == _secrets._MOST


class Leaking(DataSource[dict[str, Any], dict[str, Any]]):
    """Puts the key everywhere where an author may put it by mistake."""

    @property
    def key(self) -> str:
        return self.instance.decrypted_secure_json_data["api_key"]

    def query(self, query: DataQuery[dict[str, Any]]) -> Any:
        how = query.model["how"]
        address = f"https://api.example/v1?api_key={quote(self.key)}"
        logging.getLogger("author").warning(
            "asking %s", address, extra={"headers": {"Authorization": self.key}}
        )
        if how == "response":
            return DataResponse([], error=f"no answer of {address}")
        if how == "frame":
            return {"value": [1, address]}
        kinds: dict[str, Any] = {"bug": KeyError, "meant": PluginError, "value": ValueError, "group": _group}
        raise kinds[how](address)

    def check_health(self) -> CheckHealthResult:
        return CheckHealthResult(
            HealthStatus.ERROR, f"cannot log in with {self.key}", {"tried": [self.key], "number": 42}
        )

    @resource("GET", "/it")
    def it(self) -> Any:
        raise RuntimeError(self.key)

    def run_stream(self, request: Any) -> Iterator[Any]:
        raise RuntimeError(f"no channel with {self.key}")
        yield


def _group(address: str) -> BaseException:
    return ExceptionGroup("several", [ValueError(address), KeyError(address)])


def clean(text: str) -> bool:
    """Return True if no form of the key is in the text."""
    return not any(form(KEY).strip('"') in text for form in FORMS.values())


HOWS = ["bug", "meant", "value", "group", "response", "frame"]


@pytest.mark.parametrize("how", HOWS)
def test_no_error_and_no_log_line_of_a_query_holds_the_key(how: str, log_file: Path) -> None:
    with in_process(Leaking) as client:
        result = client.query_data([{"refId": "A", "how": how}], settings(secrets=SECRETS))["A"]

    assert _secrets.MARK in result.error
    assert clean(result.error)
    assert clean(log_file.read_text())


def test_health_resources_and_streams_hold_no_key(log_file: Path) -> None:
    source = settings(secrets=SECRETS)
    with in_process(Leaking) as client:
        health = client.check_health(source)
        body = client.call_resource("GET", "it", source).body.decode()
        with pytest.raises(ClientError) as failed:
            list(client.run_stream("any", source))

    for text in (
        health.message,
        json.dumps(health.details),
        body,
        failed.value.message,
        log_file.read_text(),
    ):
        assert clean(text)
    assert health.details == {"tried": [_secrets.MARK], "number": 42}
    assert health.message == f"cannot log in with {_secrets.MARK}"


def test_log_lines_stay_lines_whatever_the_secret(logged: Lines) -> None:
    _secrets.register({"a": "error", "b": "@message", "c": '"', "d": "debug"})

    _log.log("error", "an error at debug", note='"')

    (line,) = logged()
    assert line["@level"] == "error"
    assert line["@message"] == f"an {_secrets.MARK} at {_secrets.MARK}"
    assert line["note"] == _secrets.MARK


PRINTING = """
import sys, traceback, warnings
from plugin_sdk import DataSource, serve

class Printing(DataSource):
    def query(self, query):
        key = self.instance.decrypted_secure_json_data["api_key"]
        print("out", key)
        print("err", key, file=sys.stderr)
        warnings.warn(key)
        try:
            raise RuntimeError(key)
        except RuntimeError:
            traceback.print_exc()
        return []

serve(Printing)
"""


def test_what_a_process_prints_holds_no_key(tmp_path: Path) -> None:
    lines: list[str] = []
    (tmp_path / "main.py").write_text(PRINTING)
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}
    with PluginProcess(
        [sys.executable, str(tmp_path / "main.py")],
        env=env,
        cwd=tmp_path,
        on_log=lambda line: lines.append(repr(line)),
    ) as plugin:
        plugin.client.query_data([{}], settings(secrets={"api_key": KEY}))

    text = "\n".join(lines)
    assert clean(text)
    assert text.count(_secrets.MARK) >= 4


def test_without_secrets_nothing_is_changed() -> None:
    assert text_of(ValueError(KEY)) == KEY
