from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.build import go_tool, program
from tests.sdk.http.service import GoClient, Service


@pytest.fixture(scope="session")
def httpclient_program() -> Path:
    if go_tool() is None:
        pytest.skip("needs go")
    return program("httpclient")


@pytest.fixture(scope="session")
def service(httpclient_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("certificates")
    subprocess.run([httpclient_program, "certs", folder], check=True)
    with subprocess.Popen(
        [httpclient_program, "serve", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield Service(folder, json.loads(process.stdout.readline()))
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="session")
def go(httpclient_program: Path) -> Iterator[GoClient]:
    client = GoClient(httpclient_program)
    yield client
    client.close()
