"""What is installed, and what of it is the runtime's."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import plugin_sdk
from plugin_cli.venv.installed import RUNTIME_REQUIREMENTS, needed_by
from tests.build.bundle.environment import facts_of, install, installed

# Taken as the author has them, never required.
_OPTIONAL = {"numpy", "pandas", "polars", "pyarrow", "pytest", "sqlalchemy", "httpx", "httpcore"}
_MODULES = {"grpcio": "grpc", "protobuf": "google", "prometheus-client": "prometheus_client"}


def test_the_runtime_imports_only_what_goes_into_every_bundle() -> None:
    found: set[str] = set()
    for path in Path(next(iter(plugin_sdk.__path__))).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                found.add(node.module.partition(".")[0])
    outside = found - sys.stdlib_module_names - _OPTIONAL - {"plugin_sdk"}
    assert outside <= {_MODULES.get(name, name) for name in RUNTIME_REQUIREMENTS}


@pytest.mark.parametrize(
    ("files", "modules"),
    [
        (["a/__init__.py", "a/b/__init__.py", "a/c.py"], ["a"]),
        (["one.py", "two.py"], ["one", "two"]),
        (["ns/part/__init__.py", "ns/other/__init__.py"], ["ns.other", "ns.part"]),
        (["pkg/__init__.py", "examples/x.py"], ["pkg"]),
        (["examples/x.py"], ["examples.x"]),
        (["fast.cpython-311-x86_64-linux-gnu.so", "stable.abi3.so"], ["fast", "stable"]),
        (["ns/compiled.abi3.so", "pkg.libs/libx.so.1"], ["ns.compiled"]),
        (["not-a-name/__init__.py", "pkg/data.csv"], []),
    ],
)
def test_modules_are_those_that_lie_in_no_other(tmp_path: Path, files: list[str], modules: list[str]) -> None:
    install(tmp_path, "demo", dict.fromkeys(files, ""))
    suffixes = (".cpython-311-x86_64-linux-gnu.so", ".abi3.so", ".so")
    assert installed(tmp_path)["demo"].modules(suffixes) == tuple(modules)


def test_the_digest_is_of_what_was_installed_and_not_of_scripts(tmp_path: Path) -> None:
    install(tmp_path, "demo", {"demo.py": "one", "../../../bin/demo": "#!/here/python"})
    before = installed(tmp_path)["demo"].digest
    install(tmp_path, "demo", {"demo.py": "one", "../../../bin/demo": "#!/there/python"})
    assert installed(tmp_path)["demo"].digest == before
    install(tmp_path, "demo", {"demo.py": "two"})
    assert installed(tmp_path)["demo"].digest != before
    assert facts_of(tmp_path).site_in_prefix.endswith("site-packages")


@pytest.mark.parametrize(
    ("requirement", "needed"),
    [
        ("grafana-plugin-cli>=0.1", {"grafana-plugin-cli", "grpcio"}),
        ("grafana-plugin-cli[http]>=0.1", {"grafana-plugin-cli", "grpcio", "httpx", "socksio"}),
    ],
)
def test_an_extra_of_the_tool_brings_its_packages_into_a_bundle(
    requirement: str, needed: set[str], tmp_path: Path
) -> None:
    extra = 'httpx[socks]>=0.27; extra == "http"'
    install(tmp_path, "grafana-plugin-cli", {"plugin_sdk/__init__.py": ""}, requires=["typer", extra])
    install(tmp_path, "httpx", {"httpx/__init__.py": ""}, requires=['socksio>=1; extra == "socks"'])
    for name in ("grpcio", "socksio", "typer"):
        install(tmp_path, name, {f"{name}/__init__.py": ""})

    assert set(needed_by([requirement], installed(tmp_path))) == needed
