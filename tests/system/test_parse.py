from __future__ import annotations

import pytest

from plugin_cli.system.parse import ParseError, parse_json_line

LINES = {
    "alone": ('{"a": 1}\n', {"a": 1}),
    "after words of the author": ('loading\n{"a": 1}\n', {"a": 1}),
    "before words at the end": ('{"a": 1}\nbye\n', {"a": 1}),
    "beside what only looks like it": ('{"a": 1}\n{broken\n', {"a": 1}),
    "the last of several": ('{"a": 1}\n{"a": 2}\n', {"a": 2}),
}


@pytest.mark.parametrize(("said", "value"), LINES.values(), ids=LINES)
def test_an_answer_is_found_among_words_of_others(said: str, value: object) -> None:
    assert parse_json_line(said) == value


@pytest.mark.parametrize("said", ["", "\n", "[1]", "hello", "{broken", '"text"', "null"])
def test_no_answer_is_an_error_that_shows_what_was_said(said: str) -> None:
    with pytest.raises(ParseError, match="no line of JSON"):
        parse_json_line(said)
