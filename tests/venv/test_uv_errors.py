"""What uv said, recorded, and the sentence it becomes."""

from __future__ import annotations

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
READ_ONLY = "error: failed to create directory `/plugin/.venv`: Read-only file system (os error 30)\n"
FULL = "  cause: failed to copy file: No space left on device (os error 28)\n"
OTHER = "error: something new\n"


@pytest.mark.parametrize(
    ("said", "code", "first", "remedy"),
    [
        (
            NOT_FOUND,
            4,
            "dependency 'no-such-thing' of the plugin is not to be had",
            "correct [project] dependencies",
        ),
        (TOO_NEW, 4, "dependency 'httpx' of the plugin is not to be had", "correct [project] dependencies"),
        (CONFLICT, 4, "the dependencies conflict", "correct [project] dependencies"),
        (OFFLINE, 5, f"{WHAT}: no package index can be reached", "connect to the network"),
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
