"""What npm said, recorded, and the sentence it becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin_cli.errors import ToolFailedError
from plugin_cli.venv.npm import explain

WHAT = "the preview's page cannot be built"
UNREACHABLE = f"{WHAT}: the npm registry cannot be reached"
SAID = {
    "no name service": (
        "npm error code ENOTFOUND\nnpm error network request to https://registry.example/uplot failed, reason: "
        "getaddrinfo ENOTFOUND registry.example",
        UNREACHABLE,
        "connect to the network",
    ),
    "name service silent": (
        "npm error code EAI_AGAIN\nnpm error syscall getaddrinfo",
        UNREACHABLE,
        "connect",
    ),
    "nobody listens": (
        "npm error code ECONNREFUSED\nnpm error connect ECONNREFUSED 127.0.0.1:9",
        UNREACHABLE,
        "connect",
    ),
    "cut off": ("npm ERR! code ECONNRESET\nnpm ERR! network aborted", UNREACHABLE, "connect to the network"),
    "too slow": (
        "npm error code ETIMEDOUT\nnpm error network timeout",
        UNREACHABLE,
        "connect to the network",
    ),
    "a company's proxy": (
        "npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error request failed",
        f"{WHAT}: the npm registry is not trusted",
        "name your company's certificates",
    ),
    "read-only": ("npm error code EROFS\nnpm error syscall mkdir", WHAT, "make /page and npm's cache"),
    "foreign cache": ("npm error code EACCES\nnpm error syscall open", WHAT, "make /page and npm's cache"),
    "full disk": ("npm error code ENOSPC\nnpm error nospc write", WHAT, "make /page and npm's cache"),
    "something new": ("npm error code EWHATEVER", WHAT, ""),
    "nothing": ("", WHAT, ""),
}


@pytest.mark.parametrize(("said", "first", "remedy"), SAID.values(), ids=SAID)
def test_each_failure_has_its_sentence(said: str, first: str, remedy: str) -> None:
    failed = ToolFailedError(WHAT, command=("npm", "ci"), returncode=1, output=said)

    error = explain(failed, Path("/page"))

    assert str(error).splitlines()[0] == first
    assert (error.remedy or "").startswith(remedy)
    assert bool(error.remedy) is bool(remedy)
