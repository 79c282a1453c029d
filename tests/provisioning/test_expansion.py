"""Expected values were read from Grafana's own code: setting.ExpandVar, then os.ExpandEnv."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from plugin_cli.provisioning.expansion import UnreadableFileError, expand, variables_of

VARIABLES = {"A": "1", "B": "$A", "C": "$"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$A", "1"),
        ("${A}b", "1b"),
        ("$Ab", ""),
        ("$__env{A}b", "1b"),
        ("$$A", "$A"),
        ("$$$A", "$1"),
        ("$${A}", "${A}"),
        ("$UNSET-$A", "-1"),
        ("cost: $ 5", "cost: $ 5"),
        ("", ""),
        # What a variable holds is filled in again only where it stood in braces.
        ("$B", "$A"),
        ("${B}", "1"),
        ("$__env{B}", "1"),
        # Not of this Grafana: an expander of Enterprise.
        ("$__vault{x}", "{x}"),
    ],
)
def test_variables_are_filled_in_as_grafana_does(text: str, expanded: str) -> None:
    assert expand(text, VARIABLES) == expanded


def test_the_name_of_the_machine_is_known_where_it_is_no_variable() -> None:
    assert expand("${HOSTNAME}", {}) == socket.gethostname()
    assert expand("${HOSTNAME}", {"HOSTNAME": "mine"}) == "mine"


def test_a_file_is_taken_without_the_space_around_it(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n k$A \n")

    assert expand(f"<$__file{{{tmp_path}/key}}>", VARIABLES) == "<k1>"
    with pytest.raises(UnreadableFileError, match="none}: No such file"):
        expand(f"$__file{{{tmp_path}/none}}", VARIABLES)


def test_the_variables_that_a_text_names_are_known() -> None:
    text = "$A ${B} $__env{C} $__file{/d} $$E $__vault{f}"

    assert list(variables_of(text)) == ["B", "C", "A"]
