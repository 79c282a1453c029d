"""A plugin pays only for what it uses."""

from __future__ import annotations

import subprocess
import sys

import pytest

_HEAVY = {"numpy", "pandas", "polars", "pyarrow", "pydantic", "asyncio", "ctypes", "grpc", "plugin_cli"}


def _modules_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_the_package_loads_none_of_its_modules() -> None:
    loaded = _modules_after("import plugin_sdk.data")

    assert not loaded & _HEAVY
    assert not {name for name in loaded if name.startswith("plugin_sdk.data.")}


@pytest.mark.parametrize(
    "code",
    [
        "Frame('f', Field('x', [1.0])).to_arrow()",
        "Frame.from_json(Frame('f', Field('x', [1.0])).to_json())",
        "Frame.from_arrow(Frame('f', Field('x', ['a'])).to_arrow())",
        "frames_from_any([{'a': 1}])",
        "long_to_wide",
    ],
)
def test_plain_frames_need_nothing_heavy(code: str) -> None:
    loaded = _modules_after(f"from plugin_sdk.data import *\n{code}")

    assert not loaded & _HEAVY


def test_every_public_name_is_found() -> None:
    import plugin_sdk.data

    for name in plugin_sdk.data.__all__:
        assert getattr(plugin_sdk.data, name) is not None
    assert set(plugin_sdk.data.__all__) <= set(dir(plugin_sdk.data))
    with pytest.raises(AttributeError, match="nonsense"):
        plugin_sdk.data.nonsense  # noqa: B018  # the access is the test
