"""Sets keys of a JSON file that a person keeps: everything else stays as it was written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]')
_COLON = re.compile(r"\s*:\s*")


def with_keys(text: str, values: Mapping[str, Any], *, before: str) -> str:
    """Return `text`, an object in JSON, with the keys of `values` set at its top.

    Args:
        text: of the file; its indentation and line breaks are kept.
        values: by key; one that is there is replaced, others are put before the key `before`.
        before: a key of the object; where it is missing, the first one.
    """
    for key, value in values.items():
        entries = _entries(text)
        if key in entries:
            _, begin, end = entries[key]
            text = text[:begin] + json.dumps(value) + text[end:]
        else:
            text = _inserted(text, f"{json.dumps(key)}: {json.dumps(value)}", entries, before)
    return text


def _entries(text: str) -> dict[str, tuple[int, int, int]]:
    """Return where each key of the outermost object, and its value, begins, and where that ends."""
    found: dict[str, tuple[int, int, int]] = {}
    depth, position = 0, 0
    while token := _TOKEN.search(text, position):
        position = token.end()
        if token[0] in "{[":
            depth += 1
        elif token[0] in "}]":
            depth -= 1
        elif depth == 1 and (colon := _COLON.match(text, position)):
            _, position = json.JSONDecoder().raw_decode(text, colon.end())
            found[json.loads(token[0])] = (token.start(), colon.end(), position)
    return found


def _inserted(text: str, entry: str, entries: Mapping[str, tuple[int, int, int]], before: str) -> str:
    """Return `text` with one more key and value, on a line of its own where the others are."""
    opening = text.index("{") + 1
    if not entries:
        return text[:opening] + entry + text[opening:]
    first = min(begin for begin, _, _ in entries.values())
    position = entries.get(before, (first,))[0]
    gap = text[opening:first]
    return f"{text[:position]}{entry},{gap or ' '}{text[position:]}"
