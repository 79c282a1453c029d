from __future__ import annotations

import json
import logging
import math
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_sdk import _log, _secrets
from tests.sdk.conftest import Lines


def decoded(line: bytes) -> dict[str, Any]:
    """Read one line as go-plugin does: strict JSON, with strings under its own keys."""
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert len(line) <= _log.MAX_LINE_BYTES + 1

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    entry = json.loads(line, parse_constant=refuse)
    assert isinstance(entry, dict)
    assert all(isinstance(entry[key], str) for key in ("@level", "@message", "@timestamp"))
    return entry


def encode(message: str = "m", /, **fields: Any) -> dict[str, Any]:
    return decoded(_log.encode("info", message, fields))


def test_a_line_is_one_json_object_in_hclog_format() -> None:
    entry = encode("hello\nworld", number=1, text="é", none=None, yes=True, part=1.5)

    stamp = entry.pop("@timestamp")
    assert entry == {
        "@level": "info",
        "@message": "hello\nworld",
        "number": 1,
        "text": "é",
        "none": None,
        "yes": True,
        "part": 1.5,
    }
    assert len(stamp) == len("2026-01-01T00:00:00.000000Z")
    assert stamp.endswith("Z")


@pytest.mark.parametrize(
    ("value", "text"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf"), ([math.nan], ["nan"])]
)
def test_numbers_without_json_become_text(value: Any, text: Any) -> None:
    assert encode(value=value)["value"] == text


@pytest.mark.parametrize("key", ["@message", "@level", "@timestamp", "@module", "@caller", "timestamp"])
def test_fields_with_reserved_names_are_renamed(key: str) -> None:
    entry = encode("kept", **{key: {"not": "a string"}})

    assert entry["@message"] == "kept"
    assert entry[key + "_"] == {"not": "a string"}


def test_lone_surrogates_can_be_logged() -> None:
    entry = encode("bad \ud800", **{"key\udc00": "value\udfff"})

    assert entry["@message"] == "bad \ud800"


class Unshowable:
    def __str__(self) -> str:
        raise RuntimeError("no")


def test_any_object_can_be_logged() -> None:
    loop: list[Any] = []
    loop.append(loop)
    entry = encode(
        path=Path("a"), bad=Unshowable(), nested={1: (Unshowable(), {2: {3}})}, huge=10**5000, loop=loop
    )

    assert entry["path"] == "a"
    assert entry["bad"] == "<Unshowable without a representation>"
    assert entry["nested"] == {"1": ["<Unshowable without a representation>", {"2": "{3}"}]}
    assert isinstance(entry["huge"], str)
    assert "loop" in entry


def test_a_message_of_a_megabyte_is_shortened_in_the_middle() -> None:
    entry = encode("begin" + "x" * 1_000_000 + "end", note="kept")

    assert entry["@message"].startswith("begin")
    assert entry["@message"].endswith("end")
    assert "characters omitted" in entry["@message"]
    assert (entry["note"], entry["cut"]) == ("kept", True)


def test_a_short_line_is_not_marked_as_cut() -> None:
    assert "cut" not in encode("short")


@pytest.mark.parametrize(
    "fields",
    [
        {f"key{number}": "\ud800" * 4_999 for number in range(100)},
        {"k" * 100_000: "value"},
        {f"{number}{chr(0xD800) * 200}": chr(0xD800) * 390 for number in range(60)},
        {f"{'k' * 2_000}{number}": number for number in range(60)},
        {"nested": [["x" * 100] * 100] * 100},
        {"digits": 10**4000, "many": {str(number): 10**4000 for number in range(50)}},
    ],
)
def test_no_line_exceeds_the_limit_of_go_plugin(fields: dict[str, Any]) -> None:
    entry = encode("the message", **fields)

    assert entry["@message"] == "the message"
    assert entry["cut"] is True


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=10,
)


@hypothesis.settings(max_examples=50)
@given(st.text(), st.dictionaries(st.text(), _VALUES, max_size=5))
def test_whatever_is_logged_stays_one_readable_line(message: str, fields: dict[str, Any]) -> None:
    entry = decoded(_log.encode("warn", message, fields))

    assert entry["@level"] == "warn"
    assert entry["@message"] == _secrets.strike(message)  # a test before may have registered some


@pytest.mark.parametrize(
    ("context", "fields", "expected"),
    [
        ({"a": "1"}, {"b": 2}, {"a": "1", "b": 2}),
        ({"a": "1", "b": "2"}, {"a": 3}, {"a": 3, "b": "2"}),
        ({"level": "1"}, {"level_": "2"}, {"level_": "2"}),
        ({"level_": "1"}, {"level": True}, {"level_": True}),
        ({}, {"msg": "1", "msg_": "2"}, {"msg_": "2"}),
        ({"a": 1, "b": None, "c": 1.5, "d": ["x"]}, {}, {"a": 1, "b": None, "c": 1.5, "d": ["x"]}),
        ({"a": "x" * 300}, {"b": '\ud800"\\\n'}, {"a": "x" * 300, "b": '\ufffd"\\\n'}),
    ],
)
def test_a_field_of_a_line_replaces_the_one_of_its_request(
    context: dict[str, Any], fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    token = _log.request_fields.set(context)
    try:
        for _ in range(2):  # what is kept from the first line
            line = _log.encode("info", "m", fields)
            pairs = json.loads(line, object_pairs_hook=list)
            found = {key: value for key, value in pairs if not key.startswith("@")}
            assert len(pairs) == len(expected) + 3  # no name twice
            assert {
                **found,
                **({"b": expected["b"]} if "\ud800" in str(found.values()) else {}),
            }.keys() == expected.keys()
            assert found.get("a") == expected.get("a")
            assert found.get("level_") == expected.get("level_")
    finally:
        _log.request_fields.reset(token)


def test_a_secret_that_is_registered_between_two_lines_of_a_request_is_redacted_in_the_second() -> None:
    token = _log.request_fields.set({"dsName": "late-secret-of-a-request"})
    try:
        assert encode("first")["dsName"] == "late-secret-of-a-request"
        _secrets.register({"key": "late-secret-of-a-request"})
        assert encode("second")["dsName"] == _secrets.MARK
    finally:
        _log.request_fields.reset(token)


def test_every_line_has_the_fields_of_the_request() -> None:
    token = _log.request_fields.set({"dsUid": "u", "endpoint": "queryData"})
    try:
        assert encode(endpoint="mine")["dsUid"] == "u"
        assert encode(endpoint="mine")["endpoint"] == "mine"
    finally:
        _log.request_fields.reset(token)
    assert "dsUid" not in encode()


# Levels and writing


@pytest.mark.parametrize(
    ("level", "written"),
    [
        ("trace", ["trace", "debug", "info", "warn", "error"]),
        ("WARN", ["warn", "error"]),
        ("nonsense", ["debug", "info", "warn", "error"]),
    ],
)
def test_lines_below_the_level_are_not_written(
    logged: Lines, log_file: Path, level: str, written: list[str]
) -> None:
    _log.configure(level=level, fd=_log._stderr_fd)
    for name in ("trace", "debug", "info", "warn", "error"):
        _log.log(name, "m")
        assert _log.enabled(name) is (name in written)

    assert [line["@level"] for line in logged()] == written


def test_an_exception_carries_its_traceback(logged: Lines) -> None:
    try:
        raise KeyError("x")
    except KeyError as error:
        _log.log_exception("failed", error, refID="A")
    _log.log_exception("nameless", ValueError())
    _log.log_exception("none at all", None)

    first, second, third = logged()
    assert (first["@level"], first["error"], first["refID"]) == ("error", "'x'", "A")
    assert "test_an_exception_carries_its_traceback" in first["stack"]
    assert second["error"] == "ValueError"
    assert "stack" not in third


def test_lines_of_many_threads_do_not_mix(logged: Lines) -> None:
    def write(number: int) -> None:
        for _ in range(50):
            _log.log("info", str(number) * 5_000)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted({line["@message"] for line in logged()}) == [str(number) * 5_000 for number in range(8)]
    assert len(logged()) == 400


def test_the_writing_thread_also_writes_the_lines_of_others(log_file: Path) -> None:
    read, write = os.pipe()
    _log.configure(fd=write)
    lines = (b"z" * 60_000 + b"\n") * 2  # more than the pipe holds
    stuck = threading.Thread(target=_log.write_line, args=(lines,), daemon=True)
    stuck.start()
    found = os.read(read, 1)  # it is writing

    other = threading.Thread(target=_log.log, args=("info", "not held up"), daemon=True)
    other.start()
    other.join(60)
    held_up = other.is_alive()
    with os.fdopen(read, "rb") as reader:
        while b"not held up" not in found:
            found += reader.readline()
        assert not held_up
        assert found.startswith(lines)
    os.close(write)


def test_a_closed_pipe_calls_back_once(log_file: Path) -> None:
    told: list[bool] = []
    read, write = os.pipe()
    os.close(read)
    try:
        _log.configure(fd=write, on_broken_pipe=lambda: told.append(True))
        _log.log("info", "nobody reads")
    finally:
        os.close(write)
    assert told == [True]

    _log.log("info", "not even a descriptor")
    assert told == [True]


def test_a_broken_pipe_is_ignored_without_a_callback(log_file: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        _log.configure(fd=write)
        _log.log("info", "nobody reads")
    finally:
        os.close(write)


# Python's logging


@pytest.fixture
def installed(log_file: Path) -> Iterator[None]:
    """The log, installed in this process and uninstalled afterwards."""
    root = logging.getLogger()
    noisy = {name: logging.getLogger(name).level for name in ("grpc", "asyncio", "httpcore", "httpx")}
    handlers, level = list(root.handlers), root.level
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    _log.install()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, value in noisy.items():
        logging.getLogger(name).setLevel(value)
    logging.captureWarnings(False)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


@pytest.mark.usefixtures("installed")
def test_pythons_logging_reaches_grafana_with_its_extras(logged: Lines) -> None:
    log = logging.getLogger("weather.api")
    log.info("asked %s", "berlin", extra={"status": 200, "logger": "mine", "@message": "x"})

    (line,) = logged()
    assert (line["@level"], line["@message"], line["module"]) == ("info", "asked berlin", "weather.api")
    assert (line["status"], line["logger_"], line["@message_"]) == (200, "mine", "x")


@pytest.mark.usefixtures("installed")
def test_fields_do_not_replace_the_level_time_message_or_logger_in_grafanas_log(
    logged: Lines,
) -> None:
    fields = {"level": 3, "lvl": "x", "t": 1, "logger": "mine"}
    logging.getLogger("weather.api").warning("careful", extra=fields)
    _log.log("warn", "careful", msg="x", **fields)

    for line in logged():
        assert not {"level", "lvl", "t", "msg", "logger"} & line.keys()
        assert (line["@level"], line["level_"], line["t_"]) == ("warn", 3, 1)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("number", "level"),
    [(50, "error"), (40, "error"), (30, "warn"), (25, "info"), (20, "info"), (10, "debug"), (5, "trace")],
)
def test_levels_of_logging_become_hclogs(logged: Lines, number: int, level: str) -> None:
    logging.getLogger("weather").log(number, "m")

    assert [line["@level"] for line in logged()] == [level]


@pytest.mark.usefixtures("installed")
def test_a_logged_exception_carries_its_traceback(logged: Lines) -> None:
    log = logging.getLogger("weather")
    try:
        raise KeyError("x")
    except KeyError:
        log.exception("failed")
        log.warning("again", exc_info=True, extra={"error": "mine"})
    log.error("without one", exc_info=True)

    first, second, third = logged()
    assert (first["error"], first["@level"]) == ("'x'", "error")
    assert "KeyError" in first["stack"]
    assert second["error"] == "mine"
    assert "stack" not in third


def test_a_faulty_logging_call_is_logged_with_its_location(logged: Lines) -> None:
    log = logging.Logger("apart")  # pytest's handlers at the root would raise
    log.addHandler(_log.HclogHandler())
    log.info("%d", "no number")

    (line,) = logged()
    assert line["@message"] == "a log record could not be formatted"
    assert line["at"].startswith(__file__)


@pytest.mark.usefixtures("installed")
def test_warnings_are_log_lines(logged: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("old function", DeprecationWarning, stacklevel=1)

    (line,) = logged()
    assert (line["@level"], line["module"]) == ("warn", "py.warnings")
    assert "old function" in line["@message"]


@pytest.mark.usefixtures("installed")
def test_the_servers_own_debug_lines_are_not_written(logged: Lines) -> None:
    logging.getLogger("grpc._server").debug("a packet")
    logging.getLogger("grpc._server").info("kept")

    assert [line["@message"] for line in logged()] == ["kept"]


@pytest.mark.usefixtures("installed")
def test_uncaught_exceptions_of_every_kind_are_log_lines(logged: Lines) -> None:
    error = KeyError("x")
    sys.excepthook(KeyError, error, None)
    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()
    threading.excepthook(SimpleNamespace(exc_value=error, thread=None))  # type: ignore[arg-type]
    sys.unraisablehook(SimpleNamespace(err_msg=None, exc_value=error))
    sys.unraisablehook(SimpleNamespace(err_msg="while deleting", exc_value=None))

    assert [(line["@message"], line.get("thread")) for line in logged()] == [
        ("uncaught exception", None),
        ("uncaught exception in a thread", "worker"),
        ("uncaught exception in a thread", ""),
        ("exception ignored", None),
        ("while deleting", None),
    ]


def fail() -> None:
    raise ValueError("in a thread")


def test_a_line_logged_while_its_own_thread_writes_is_written_after_that(
    logged: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, inner = _log._write, iter(["inner"])

    def interrupted(lines: bytes) -> None:
        for message in inner:
            _log.log("error", message)  # as a finalizer does that is collected just now
        write(lines)

    monkeypatch.setattr(_log, "_write", interrupted)
    thread = threading.Thread(target=_log.log, args=("error", "outer"), daemon=True)
    thread.start()
    thread.join(10)

    assert not thread.is_alive()
    assert [line["@message"] for line in logged()] == ["outer", "inner"]
