from __future__ import annotations

import pytest

from plugin_cli.build.bundle.imports import imports_in, with_parents


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"import a", {"a"}),
        (b"import a.b as c, d", {"a.b", "d"}),
        (b"    import a  # why", {"a"}),
        (b"from a.b import c, d as e", {"a.b", "a.b.c", "a.b.d"}),
        (b"from a import (b, c", {"a", "a.b", "a.c"}),
        (b"from . import a\nfrom .b import c", set()),
        (b"# import a\nimportant = 1\nfromage = 2", set()),
        (b"\tfrom a import *", {"a"}),
    ],
)
def test_modules_of_import_statements(source: bytes, expected: set[str]) -> None:
    assert imports_in(source) == expected


def test_a_module_counts_for_the_packages_it_lies_in() -> None:
    assert with_parents(["a.b.c", "d"]) == {"a", "a.b", "a.b.c", "d"}
