from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import plugin_sdk
from tests.sdk.plugins.processes import ROOT

TOOL = {"plugin_cli", "typer", "click", "rich", "docker", "copier", "jinja2", "uv", "httpx", "yaml"}
HEAVY = {"pydantic", "numpy", "asyncio", "grpc", "pandas", "polars", "pyarrow", "google.protobuf"}


def modules_after(code: str) -> set[str]:
    """Return the modules that are loaded after `code` has run in a separate interpreter, without coverage."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_runtime_loads_neither_the_tool_nor_anything_heavy() -> None:
    assert modules_after("import plugin_sdk") & (TOOL | HEAVY) == set()


def test_every_name_of_the_runtime_loads_without_the_tool() -> None:
    code = "import plugin_sdk\nfor name in plugin_sdk.__all__: getattr(plugin_sdk, name)"

    assert modules_after(code) & (TOOL | {"pydantic", "numpy", "asyncio", "grpc"}) == set()


def test_no_module_of_the_runtime_imports_the_tool() -> None:
    code = (
        "import importlib, pkgutil, plugin_sdk\n"
        "for module in pkgutil.walk_packages(plugin_sdk.__path__, 'plugin_sdk.'):\n"
        "    if not module.name.endswith('__main__'): importlib.import_module(module.name)"
    )

    # httpx, of plugin_sdk.http, has a command line for which it imports click and rich where they are installed.
    assert modules_after(code) & (TOOL - {"httpx", "yaml", "click", "rich"}) == set()
    without_http = code.replace(
        "not module.name.endswith", "'.http' not in module.name and not module.name.endswith"
    )
    assert modules_after(without_http) & (TOOL - {"yaml"}) == set()


AT_THE_HANDSHAKE = """
import sys, os, json, threading
os.environ["grafana_plugin_type"] = "datasource"
from plugin_sdk import serve
from plugin_sdk._process import main
from plugin_sdk._process import stdout

def send_line(self, line):
    os.write(self._real, json.dumps(sorted(sys.modules)).encode() + b"\\n")
    os._exit(0)

stdout.Stdout.send_line = send_line
serve("tests.sdk.plugins.weather:Weather")
"""


def test_at_the_handshake_nothing_of_the_author_and_nothing_heavy_is_loaded() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_THE_HANDSHAKE],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    )
    loaded = set(json.loads(done.stdout))

    assert "grpc" in loaded
    unwanted = {"pydantic", "asyncio", "numpy", "prometheus_client", "tests.sdk.plugins.weather"}
    unwanted |= {"dataclasses", "inspect", "ast", "socket", "typing_extensions"}
    # Since Python 3.14 the standard library's own `logging` loads some of them.
    assert loaded & ((TOOL | unwanted) - modules_after("import logging")) == set()
    assert not [name for name in loaded if name.startswith("plugin_sdk.data")]


def test_help_loads_nothing_that_only_a_command_needs() -> None:
    code = (
        "import sys, contextlib, io\n"
        "from plugin_cli.__main__ import run\n"
        "with contextlib.redirect_stdout(io.StringIO()): run(['--help'])"
    )

    loaded = modules_after(code)
    assert "typer" in loaded
    assert loaded & {"copier", "docker", "grpc", "pydantic", "jinja2", "httpx", "yaml", "starlette"} == set()


# The names of the package


def test_names_are_imported_on_first_use() -> None:
    for name in plugin_sdk.__all__:
        assert getattr(plugin_sdk, name) is not None
        assert name in vars(plugin_sdk)
    assert set(plugin_sdk.__all__) == set(dir(plugin_sdk))


def test_an_unknown_name_is_an_attribute_error() -> None:
    package: Any = plugin_sdk
    try:
        _ = package.NoSuchName
    except AttributeError as error:
        text = str(error)

    assert text == "module 'plugin_sdk' has no attribute 'NoSuchName'"
