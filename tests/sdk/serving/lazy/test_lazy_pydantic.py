"""pydantic without its search for plugins and without OpenSSL, and with both where they are used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.sdk.plugins.processes import environment

_INSTALL = "from plugin_sdk._serving.lazy import lazy_pydantic; lazy_pydantic.install()\n"
_MODEL = """
from pydantic import BaseModel, SecretStr

class Model(BaseModel):
    key: SecretStr
    number: int = 0

first, second = Model(key="a"), Model.model_validate_json('{"key": "b", "number": "1"}')
"""


def run(code: str, *paths: Path) -> str:
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            f"import sys\nsys.path[:0] = {[str(path) for path in paths]!r}\n{code}",
        ],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_models_work_without_the_modules_that_are_left_out() -> None:
    code = f"""{_INSTALL}{_MODEL}
assert second.number == 1
left_out = ("importlib.metadata", "zipfile", "email", "tempfile", "secrets", "hashlib", "_hashlib")
print([name for name in left_out if name in sys.modules])
"""

    assert run(code) == "[]"


def test_pydantic_has_the_modules_that_are_replaced() -> None:
    """Without the stand-ins, pydantic imports both, at the places where they are replaced."""
    code = f"""{_MODEL}
import pydantic.types, secrets
assert pydantic.types.secrets is secrets
print(hasattr(sys.modules["pydantic.plugin._loader"], "get_plugins"), "importlib.metadata" in sys.modules)
"""

    assert run(code) == "True True"


def test_secrets_are_compared_as_before() -> None:
    code = f"""{_INSTALL}{_MODEL}
from pydantic import SecretBytes
print(first.key == SecretStr("a"), first.key == second.key, SecretBytes(b"x") == SecretBytes(b"x"))
"""

    assert run(code) == "True False True"


@pytest.mark.parametrize("first", ["import secrets", "import pydantic.types", "import pydantic"])
def test_the_real_modules_can_be_imported_before_and_after(first: str) -> None:
    code = f"""{first}
{_INSTALL}{_MODEL}
import secrets, inspect, importlib.metadata, pydantic.types
from pydantic.plugin._loader import get_plugins
assert len(secrets.token_hex(4)) == 8 and secrets.__spec__ is not None
assert pydantic.types.secrets.token_hex is secrets.token_hex
assert "class SecretStr" in inspect.getsource(pydantic.types)
assert not any(type(finder).__module__.endswith("lazy_pydantic") for finder in sys.meta_path)
print(list(get_plugins()))
"""

    assert run(code) == "[]"


@pytest.mark.parametrize("kind", ["dist-info", "egg-info"])
@pytest.mark.parametrize("disabled", [False, True])
def test_plugins_of_pydantic_are_loaded(tmp_path: Path, kind: str, disabled: bool) -> None:
    info = tmp_path / f"watcher-1.0.{kind}"
    info.mkdir()
    (info / "entry_points.txt").write_text("[pydantic]\nwatcher = watcher:plugin\n")
    (info / ("METADATA" if kind == "dist-info" else "PKG-INFO")).write_text(
        "Metadata-Version: 2.1\nName: watcher\n"
    )
    (tmp_path / "watcher.py").write_text(
        "made = []\n"
        "class Plugin:\n"
        "    def new_schema_validator(self, schema, schema_type, *rest):\n"
        "        made.append(schema_type.__name__)\n"
        "        return None, None, None\n"
        "plugin = Plugin()\n"
    )
    disable = "import os; os.environ['PYDANTIC_DISABLE_PLUGINS'] = '__all__'\n" if disabled else ""
    code = f"{disable}{_INSTALL}{_MODEL}import watcher; print(watcher.made)"

    assert run(code, tmp_path) == ("[]" if disabled else "['Model']")


def test_plugins_of_pydantic_in_an_archive_are_found(tmp_path: Path) -> None:
    from zipfile import ZipFile

    with ZipFile(tmp_path / "packages.zip", "w") as archive:
        archive.writestr("watcher-1.0.dist-info/entry_points.txt", "[pydantic]\nwatcher = watcher:plugin\n")
        archive.writestr("watcher-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: watcher\n")
        archive.writestr(
            "watcher.py",
            "made = []\n"
            "class Plugin:\n"
            "    def new_schema_validator(self, *given):\n"
            "        made.append(1)\n"
            "        return None, None, None\n"
            "plugin = Plugin()\n",
        )
    code = f"{_INSTALL}{_MODEL}import watcher; print(watcher.made)"

    assert run(code, tmp_path / "packages.zip") == "[1]"


def test_what_cannot_be_read_has_no_plugins(tmp_path: Path) -> None:
    """A path that does not exist, a distribution without entry points, and PyInstaller's own archive."""
    (tmp_path / "plain-1.0.dist-info").mkdir()
    (tmp_path / "base_library.zip").write_bytes(b"")
    paths = [tmp_path / "absent", tmp_path, tmp_path / "base_library.zip"]

    assert run(f"{_INSTALL}{_MODEL}print('importlib.metadata' in sys.modules)", *paths) == "False"


def test_a_failed_import_of_pydantic_leaves_secrets_alone(tmp_path: Path) -> None:
    code = f"""{_INSTALL}
sys.modules["annotated_types"] = None
try:
    import pydantic.types
except ImportError:
    print("secrets" in sys.modules)
import secrets
assert secrets.token_bytes(2)
"""

    assert run(code, tmp_path) == "False"
