from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.scaffold.generated import generated_for
from tests.scaffold.scaffolds import answers, rendered

CREATE_PLUGINS_PACKAGES = 1228


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("annotations", [False, True])
def test_generated_files_are_those_of_the_scaffolds_models(
    tmp_path: Path, stream: bool, annotations: bool
) -> None:
    tree = rendered(answers(frontend="react", stream=stream, annotations=annotations))
    folder = "src/generated/"
    found = {
        name.removeprefix(folder): text.decode() for name, text in tree.items() if name.startswith(folder)
    }
    assert found == generated_for(answers(stream=stream, annotations=annotations), tmp_path)


def test_lockfile_belongs_to_the_package_and_names_no_registry() -> None:
    tree = rendered(answers(frontend="react"))
    package, lock = json.loads(tree["package.json"]), json.loads(tree["package-lock.json"])
    root = lock["packages"][""]
    assert (lock["name"], root["name"]) == (package["name"], package["name"])
    assert (root["dependencies"], root["devDependencies"]) == (
        package["dependencies"],
        package["devDependencies"],
    )
    assert [name for name, one in lock["packages"].items() if "resolved" in one] == []
    assert len(lock["packages"]) < CREATE_PLUGINS_PACKAGES / 2


def test_bundler_leaves_the_backend_in_dist_alone() -> None:
    config = rendered(answers(frontend="react"))["vite.config.ts"].decode()
    assert "emptyOutDir: false" in config
