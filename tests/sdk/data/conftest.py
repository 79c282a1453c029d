"""The judge: the Go SDK's own code, built once and asked line by line."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_CONFORMANCE = Path(__file__).parents[3] / "conformance"


class JudgeError(Exception):
    """Grafana's code refused."""


class Judge:
    """Frames as Grafana's own code reads and writes them."""

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
            self._process.stdout.readline().decode(errors="replace")  # Go writes broken text as it is
        )
        if "error" in answer:
            raise JudgeError(answer["error"])
        for case in [answer, *answer.get("cases", [])]:
            if "arrow" in case:
                case["arrow"] = base64.b64decode(case["arrow"])
        return answer


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    go = shutil.which("go")
    if go is None:
        pytest.skip("go is not installed")
    program = tmp_path_factory.mktemp("judge") / "frames"
    subprocess.run([go, "build", "-o", str(program), "./cmd/frames"], cwd=_CONFORMANCE, check=True)
    with subprocess.Popen([str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Judge(process)
        assert process.stdin is not None
        process.stdin.close()
