"""What the query command is given, and what it shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.cli.query_options import body_of, parse_duration, parse_queries, results_document
from plugin_cli.cli.show.plot import plot_lines
from plugin_cli.cli.show.present import print_lines
from plugin_cli.cli.show.tables import results_lines, show_log
from plugin_cli.errors import UsageError
from plugin_sdk import ErrorSource, Field, Frame
from plugin_sdk.testing import LogLine, QueryResult


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), (" 1.5h ", 5400), ("500ms", 0.5), ("15m", 900), ("7d", 604_800), ("2w", 1_209_600)],
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_duration("--range", text) == seconds


@pytest.mark.parametrize("text", ["", "5", "h", "-1h", "1y", "1h30m", "0s", "0.0h"])
def test_any_other_text_is_no_duration(text: str) -> None:
    with pytest.raises(UsageError, match=f"--range does not take '{text}'"):
        parse_duration("--range", text)


def test_fields_are_json_or_text() -> None:
    assert parse_queries(["a=1", "b=text", 'c={"d": null}', "e=x=y", "f=", 'g="1"'], None) == {
        "A": {"a": 1, "b": "text", "c": {"d": None}, "e": "x=y", "f": "", "g": "1"}
    }
    assert parse_queries([], None) == {"A": {}}


@pytest.mark.parametrize("text", ["station", "=berlin"])
def test_a_field_needs_a_name_and_a_value(text: str) -> None:
    with pytest.raises(UsageError, match="gives no field a value"):
        parse_queries([text], None)


def test_a_file_holds_one_query_or_several(tmp_path: Path) -> None:
    path = tmp_path / "q.json"
    path.write_text('{"station": "oslo"}')
    assert parse_queries(["rows=1"], path) == {"A": {"station": "oslo", "rows": 1}}

    path.write_text('[{"x": 1}, {"refId": "Q", "x": 2}, {"x": 3}]')
    assert parse_queries(["x=0"], path) == {"A": {"x": 0}, "Q": {"refId": "Q", "x": 0}, "C": {"x": 0}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "cannot be read as JSON"),
        ("[1]", "holds no query\n  expected an object, or a list of objects"),
        (
            '[{"refId": "A"}, {"refId": "A"}]',
            'has two queries with one refId\n  try: give each its own "refId"',
        ),
        ('[{"refId": "B"}, {}]', "has two queries with one refId"),
    ],
)
def test_a_file_that_holds_no_queries_says_so(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "q.json"
    path.write_text(text)
    with pytest.raises(UsageError) as failed:
        parse_queries([], path)

    assert str(failed.value).startswith(f"--file: {path} {reason}")


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read as JSON"):
        parse_queries([], tmp_path / "none")
    with pytest.raises(UsageError, match="--data: nothing_here cannot be read"):
        body_of("@nothing_here")


def test_a_body_is_text_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(b"\x00raw")

    assert body_of("é") == "é".encode()
    assert body_of("") == b""
    assert body_of(f"@{path}") == b"\x00raw"


def test_results_are_grafanas_json() -> None:
    results = {
        "A": QueryResult([Frame.from_any({"a": [1]})]),
        "B": QueryResult(error="no", status=400, error_source=ErrorSource.DOWNSTREAM),
        "C": QueryResult(error="no", status=500),
    }
    found = results_document(results)["results"]

    assert found["A"]["frames"][0]["data"] == {"values": [[1]]}
    assert found["B"] == {"status": 400, "frames": [], "error": "no", "errorSource": "downstream"}
    assert found["C"]["errorSource"] == "plugin"


# Shown to people


def shown(capsys: pytest.CaptureFixture[str], *results: QueryResult) -> str:
    print_lines(results_lines({chr(65 + at): result for at, result in enumerate(results)}))
    return capsys.readouterr().out


def series(values: list[Any], **labels: str) -> Frame:
    times = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=at) for at in range(len(values))]
    return Frame("s", Field("time", times), Field("value", values, labels=labels or None))


def test_errors_and_empty_answers_are_words(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(
        capsys,
        QueryResult(error="[bold]not markup", status=404, error_source=ErrorSource.DOWNSTREAM),
        QueryResult(error="no", status=500),
        QueryResult(),
        QueryResult([Frame("")]),
    )

    assert text == (
        "A: error (downstream, 404): [bold]not markup\n"
        "B: error (plugin, 500): no\n"
        "C: no data\n"
        "D: frame, 0 fields, 0 rows\n"
    )


def test_a_table_shows_names_labels_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    frame = Frame(
        "t",
        Field("name", ["a", None]),
        Field("ok", [True, False]),
        Field("value", [1.5, 2.5], labels={"host": "web"}),
    )
    lines = shown(capsys, QueryResult([frame])).splitlines()

    assert lines[0] == "A: t, 3 fields, 2 rows"
    assert [cell.strip() for cell in lines[1].split("┃")] == ["name", "ok", "value {host=web}"]
    assert [cell.strip() for cell in lines[3].split("│")] == ["a", "True", "1.5"]
    assert [cell.strip() for cell in lines[4].split("│")] == ["", "False", "2.5"]
    assert len(lines) == 5  # no time field, so no plot


@pytest.mark.parametrize(("rows", "told"), [(10, 10), (11, 11)])
def test_a_long_table_shows_both_ends(capsys: pytest.CaptureFixture[str], rows: int, told: int) -> None:
    frame = Frame.from_any({"number": list(range(rows))})
    cells = [line.strip() for line in shown(capsys, QueryResult([frame])).splitlines()[3:]]

    assert len(cells) == told
    assert (cells[0], cells[-1]) == ("0", str(rows - 1))
    assert ("..." in cells) is (rows > 10)


@pytest.mark.parametrize(
    ("values", "plotted"),
    [
        ([1.0, 2.0, 3.0], True),
        ([1.0, None, float("nan"), float("inf"), 2.0], True),
        ([1.0], False),
        (["a", "b"], False),
        ([True, False], False),
    ],
)
def test_numbers_over_time_are_plotted(
    capsys: pytest.CaptureFixture[str], values: list[Any], plotted: bool
) -> None:
    assert ("█" in shown(capsys, QueryResult([series(values)]))) is plotted


def test_a_log_line_is_shown_with_its_fields_and_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    show_log(LogLine("warn", "careful", {"a": 1, "b": "x"}))
    show_log(LogLine("error", "failed", {"stack": "Traceback\n  line\n"}))

    assert capsys.readouterr().err == "warn  careful a=1 b=x\nerror failed\nTraceback\n  line\n"


# The plot


def test_a_plot_has_six_rows_with_its_range_at_the_left() -> None:
    lines = plot_lines([0, 1, 2, 3], width=20, title="v")

    assert len(lines) == 7
    assert lines[0] == "   v"
    assert lines[1].startswith("3 |")
    assert lines[-1].startswith("0 |")
    assert {len(line) for line in lines[1:]} == {20}
    assert lines[1].endswith("█")  # the highest is last
    assert lines[1][3] == " "
    assert lines[-1][3] == "▁"  # the lowest still shows


def test_equal_numbers_are_a_line_in_the_middle() -> None:
    lines = plot_lines([5, 5], width=16, title="v")

    assert [line.count("█") for line in lines[1:]] == [0, 0, 0, 13, 13, 13]


def test_many_numbers_are_averaged_into_the_width() -> None:
    lines = plot_lines([0, 10] * 500, width=30, title="v")

    assert {len(line) for line in lines[1:]} == {30}
    # Zeros and tens in turn average to the middle everywhere.
    assert all(line[4:].count("█") in (0, 26) for line in lines[1:])


def test_a_width_too_small_is_widened() -> None:
    assert len(plot_lines([1, 2], width=1, title="v")[1]) == 13
