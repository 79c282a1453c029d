from __future__ import annotations

import sys
from pathlib import Path

import pytest

from plugin_cli.build import preflight as prerequisites
from plugin_cli.build.preflight import check_buildable
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
    monkeypatch.setattr("shutil.which", lambda _name: None)
    monkeypatch.setattr(prerequisites, "_has_python_library", lambda: False)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    with pytest.raises(ToolMissingError, match=f"apt-get install -y binutils libpython{version}   "):
        check_buildable((host_target(),))


@linux
def test_an_old_c_library_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prerequisites, "glibc_version", lambda: (2, 31))
    with pytest.raises(ToolMissingError, match=r"glibc 2\.31, needed glibc 2\.35\n(.*\n)*.*--docker"):
        check_buildable((host_target(),))


@linux
@pytest.mark.parametrize(
    ("default", "refused"), [(b"dns [!UNAVAIL=return] files", True), (b"files dns", False)]
)
def test_of_two_libraries_of_one_version_the_one_that_finds_localhost_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, default: bytes, refused: bool
) -> None:
    library = tmp_path / "libc.so.6"
    library.write_bytes(b"\0hosts\0" + default + b"\0")
    monkeypatch.setattr(prerequisites, "glibc_version", lambda: (2, 34))
    monkeypatch.setattr(prerequisites, "_c_library", lambda: {library})
    if refused:
        with pytest.raises(ToolMissingError, match="cannot resolve `localhost`"):
            check_buildable((host_target(),))
    else:
        check_buildable((host_target(),))


@linux
def test_a_system_without_glibc_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever else is missing there: nobody installs packages first, only to learn that they do not help.
    monkeypatch.setattr(prerequisites, "glibc_version", lambda: (0, 0))
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(ToolMissingError, match="it is not glibc"):
        check_buildable((host_target(),))


@linux
def test_this_machine_can_build_for_itself() -> None:
    check_buildable((host_target(),))
