from __future__ import annotations

import json
import traceback

import pytest

from plugin_sdk._process.foreign_lines import entries


def trace(error: BaseException) -> str:
    try:
        raise error
    except BaseException as raised:
        return "".join(traceback.format_exception(raised))


def chained() -> str:
    try:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("second") from error
    except ValueError as raised:
        return "".join(traceback.format_exception(raised))


def test_plain_lines_are_debug_and_empty_lines_are_dropped() -> None:
    assert list(entries("one\n\n  two\n")) == [
        ("debug", "one", {"module": "stderr"}),
        ("debug", "  two", {"module": "stderr"}),
    ]
    assert list(entries("")) == []


@pytest.mark.parametrize("level", ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"])
def test_a_level_in_brackets_is_read_as_in_hclog(level: str) -> None:
    assert list(entries(f"[{level}] careful")) == [(level.lower(), "careful", {"module": "stderr"})]


@pytest.mark.parametrize("text", [trace(KeyError("x")), chained()])
def test_a_traceback_is_one_entry_at_error(text: str) -> None:
    before, entry, after = entries(f"before\n{text}after\n")

    assert (before[1], after[1]) == ("before", "after")
    assert entry[0] == "error"
    assert entry[1] == text.splitlines()[-1]
    assert entry[2] == {"stack": text.rstrip("\n")}


def test_chained_tracebacks_are_one_entry() -> None:
    text = trace(KeyError("a")) + trace(ValueError("b"))
    (entry,) = entries(text)

    assert entry == ("error", "ValueError: b", {"stack": text.rstrip("\n")})


def test_a_truncated_traceback_is_logged_as_it_is() -> None:
    (entry,) = entries('Traceback (most recent call last):\n  File "a.py", line 1, in f\n')

    assert (entry[0], entry[1].strip()) == ("error", 'File "a.py", line 1, in f')


@pytest.mark.parametrize(
    "line",
    [
        "Fatal Python error: Segmentation fault",
        "Timeout (0:00:30)!",
        "Thread 0x00007f (most recent call first):",
    ],
)
def test_a_crash_report_is_one_entry(line: str) -> None:
    report = f'{line}\n\n  File "a.py", line 3\nand more\n'
    (entry,) = entries(report)

    assert entry == ("error", line, {"stack": report.rstrip("\n")})


def test_a_line_in_hclog_format_keeps_its_level_and_fields() -> None:
    line = json.dumps({"@level": "warn", "@message": "m", "@timestamp": "t", "a": 1})

    assert list(entries(line)) == [("warn", "m", {"a": 1})]


@pytest.mark.parametrize(
    "line",
    [
        "{broken",
        '{"@level": "warn"}',
        '{"@level": "loud", "@message": "m"}',
        '{"@level": "warn", "@message": 3}',
    ],
)
def test_a_line_that_only_resembles_hclog_is_plain_text(line: str) -> None:
    # Relayed unchanged, a message that is not a string would end the whole Grafana process.
    assert list(entries(line)) == [("debug", line, {"module": "stderr"})]
