from __future__ import annotations

import pytest

from plugin_cli.build.bundle.plan import plan_interpreter
from plugin_cli.target import Target


@pytest.mark.parametrize(
    ("target", "executable", "contents"),
    [
        (Target("linux", "amd64"), "app", "."),
        (Target("windows", "amd64"), "gpx_weather_windows_amd64", "windows_amd64"),
        (Target("darwin", "arm64"), "gpx_weather_darwin_arm64", "darwin_arm64"),
    ],
)
def test_layout_follows_the_system(target: Target, executable: str, contents: str) -> None:
    plan = plan_interpreter("gpx_weather", target, excludes=(), binaries=(), site=(), optimize=0)
    assert (plan.executable, plan.contents_directory) == (executable, contents)


def test_libraries_of_packages_are_left_to_pyinstaller_where_portable_does_not_find_them() -> None:
    binaries = (("/venv/x.pyd", "Lib/site-packages"),)
    for target, expected in ((Target("linux", "amd64"), ()), (Target("windows", "amd64"), binaries)):
        plan = plan_interpreter("gpx_x", target, excludes=(), binaries=binaries, site=(), optimize=0)
        assert plan.binaries == expected
