from __future__ import annotations

import sys

import pytest

from plugin_cli.builders import prerequisites
from plugin_cli.builders.prerequisites import check_buildable
from plugin_cli.errors import ToolMissingError
from plugin_cli.target import TARGETS, host_target

linux = pytest.mark.skipif(sys.platform != "linux", reason="optional: about building on Linux")


@pytest.mark.parametrize("target", [target for target in TARGETS if target != host_target()], ids=str)
def test_a_foreign_target_names_the_runner_that_can(target: object) -> None:
    with pytest.raises(ToolMissingError, match=r"cannot be built on .*\n(.*\n)*.*runs-on: ") as failure:
        check_buildable((target,))  # type: ignore[arg-type]
    assert failure.value.exit_code == 3


@linux
def test_missing_tools_are_named_in_one_apt_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prerequisites.shutil, "which", lambda _name: None)
    monkeypatch.setattr(prerequisites, "_has_python_library", lambda: False)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    with pytest.raises(ToolMissingError, match=f"apt-get install -y binutils libpython{version}   "):
        check_buildable((host_target(),))


@linux
def test_an_old_c_library_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prerequisites, "glibc_version", lambda: (2, 31))
    with pytest.raises(ToolMissingError, match=r"glibc 2\.31, needed 2\.35\n(.*\n)*.*--docker"):
        check_buildable((host_target(),))


@linux
def test_this_machine_can_build_for_itself() -> None:
    check_buildable((host_target(),))
