"""The judge: a program with the Go SDK's own code, built once, that reads requests line by line."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.build import go_tool, program


class JudgeError(Exception):
    """Grafana's code refused."""


class Judge:
    """Reads and writes frames with Grafana's own code."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def ask(self, op: str, **request: Any) -> dict[str, Any]:
        for key, value in request.items():
            if isinstance(value, bytes):
                request[key] = base64.b64encode(value).decode()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"op": op, **request}).encode() + b"\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(
            self._process.stdout.readline().decode(errors="replace")  # Go writes invalid text unchanged
        )
        if "error" in answer:
            raise JudgeError(answer["error"])
        for case in [answer, *answer.get("cases", [])]:
            if "arrow" in case:
                case["arrow"] = base64.b64decode(case["arrow"])
        return answer


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    if go_tool() is None:
        pytest.skip("go is not installed")
    with subprocess.Popen([program("frames")], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Judge(process)
        assert process.stdin is not None
        process.stdin.close()
