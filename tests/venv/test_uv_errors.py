"""What uv said, recorded, and the sentence it becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin_cli.system.process import Completed
from plugin_cli.venv.uv_errors import explain

WHAT = "the plugin's environment cannot be made"
NOT_FOUND = """\
error: No solution found when resolving dependencies
  cause: Because no-such-thing was not found in the package registry and acme-weather depends on no-such-thing>=3
"""
TOO_NEW = """\
error: No solution found when resolving dependencies
  cause: Because only httpx<=1.0.dev6 is available and acme-weather depends on httpx>=99
"""
CONFLICT = """\
error: No solution found when resolving dependencies
  cause: Because a==1 depends on b==1 and acme-weather depends on b==2, requirements are unsatisfiable.
"""
OFFLINE = """\
error: Request failed after 3 retries in 4.8s
  cause: Failed to fetch: http://127.0.0.1:9/simple/copier/
  cause: error sending request for url (http://127.0.0.1:9/simple/copier/)
"""
UNTRUSTED = """\
error: Failed to fetch: https://localhost:18444/simple/copier/
  cause: error sending request for url (https://localhost:18444/simple/copier/)
  cause: client error (Connect)
  cause: invalid peer certificate: UnknownIssuer
"""
NO_CREDENTIALS = """\
error: No solution found when resolving dependencies
  cause: Because httpx was not found in the package registry and you require httpx, we can conclude that your requirements are unsatisfiable.

hint: An index URL (http://127.0.0.1:18401/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)
"""
FORBIDDEN = NO_CREDENTIALS.replace(
    "a lack of valid authentication credentials (401 Unauthorized)", "403 Forbidden error"
)
NO_CACHE = """\
error: Failed to initialize cache at `ro/f/x`
  cause: failed to create directory `/tmp/ro/f/x`: Permission denied (os error 13)
"""
TOOL_CONFLICT = """\
error: No solution found when resolving dependencies
  cause: Because only grafana-plugin-cli==0.1.0 is available and grafana-plugin-cli==0.1.0 depends on protobuf>=6.31, we can conclude that all versions of grafana-plugin-cli depend on protobuf>=6.31.
         And because acme depends on protobuf<4 and grafana-plugin-cli, we can conclude that your requirements are unsatisfiable.
"""
CONFLICT_OF_TWO = """\
error: No solution found when resolving dependencies
  cause: Because grpcio-status>=1.70 depends on protobuf>=5 and you require protobuf<4 and grpcio-status>=1.70,
         we can conclude that your requirements are unsatisfiable.
"""
CONFLICT_IN_TWO_STEPS = """\
error: No solution found when resolving dependencies
  cause: Because all versions of tool depend on proto>=6 and you require tool, we can conclude that you require proto>=6.
         And because you require proto<4, we can conclude that your requirements are unsatisfiable.
"""
READ_ONLY = "error: failed to create directory `/plugin/.venv`: Read-only file system (os error 30)\n"
FULL = "  cause: failed to copy file: No space left on device (os error 28)\n"
OTHER = "error: something new\n"


@pytest.mark.parametrize(
    ("said", "code", "first", "remedy"),
    [
        (
            NOT_FOUND,
            4,
            "no package index has dependency 'no-such-thing' of the plugin",
            "correct [project] dependencies",
        ),
        (
            TOO_NEW,
            4,
            "no package index has dependency 'httpx' of the plugin",
            "correct [project] dependencies",
        ),
        (CONFLICT, 4, "the dependencies conflict", "correct [project] dependencies"),
        (OFFLINE, 5, f"{WHAT}: no package index can be reached", "connect to the network"),
        (
            UNTRUSTED,
            5,
            f"{WHAT}: the certificate of the package index is not trusted",
            "name the file of the",
        ),
        (NO_CREDENTIALS, 4, f"{WHAT}: the package index refuses the credentials", "give user and token"),
        (FORBIDDEN, 4, f"{WHAT}: the package index refuses the credentials", "give user and token"),
        (
            NO_CACHE,
            1,
            f"{WHAT}: uv's cache cannot be written",
            "name a folder that you may write to: export UV_CACHE",
        ),
        (
            TOOL_CONFLICT,
            4,
            "the dependencies protobuf<4 and grafana-plugin-cli conflict",
            "relax one of the two",
        ),
        (CONFLICT_OF_TWO, 4, "the dependencies protobuf<4 and grpcio-status>=1.70 conflict", "relax one"),
        (CONFLICT_IN_TWO_STEPS, 4, "the dependencies tool and proto<4 conflict", "relax one of the two"),
        (READ_ONLY, 1, WHAT, "make the plugin's folder writable"),
        (FULL, 1, WHAT, "make the plugin's folder writable"),
        (OTHER, 5, WHAT, None),
    ],
)
def test_each_failure_has_its_sentence(said: str, code: int, first: str, remedy: str | None) -> None:
    error = explain(Completed(("uv", "pip", "install"), 1, "", said), WHAT)
    assert error.exit_code == code
    assert str(error).splitlines()[0] == first
    assert (error.remedy or "").startswith(remedy or "")
    assert bool(error.remedy) is bool(remedy)


@pytest.mark.parametrize("where", ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE", "pip.conf"])
def test_an_index_that_only_pip_knows_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    if where == "pip.conf":
        (tmp_path / ".config" / "pip").mkdir(parents=True)
        (tmp_path / ".config" / "pip" / "pip.conf").write_text("")
    else:
        monkeypatch.setenv(where, "https://me:s3cret@example.org/simple")

    remedy = explain(Completed(("uv",), 1, "", NOT_FOUND), WHAT).remedy or ""

    assert where in remedy
    assert "uv reads no pip settings" in remedy
    assert "s3cret" not in remedy


def test_a_password_in_an_address_is_never_shown() -> None:
    address = "https://me:s3cret@example.org/simple"
    for said in (NO_CREDENTIALS.replace("http://127.0.0.1:18401/simple", address), f"error: {address}\n"):
        assert "s3cret" not in str(explain(Completed(("uv", "--index", address), 1, "", said), WHAT))
