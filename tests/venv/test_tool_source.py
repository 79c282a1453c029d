"""What a plugin's pyproject.toml names the tool by."""

from __future__ import annotations

import pytest

from plugin_cli.errors import UsageError
from plugin_cli.venv.tool_source import pinned_requirement, tool_requirement

TAKEN = {
    "git+https://git.example.org/tools/plugin-cli@v1.2.3": "a tag",
    "git+https://git.example.org/tools/plugin-cli@8f2c1d#subdirectory=tool": "a folder in a repository",
    "git+ssh://git@git.example.org/tools/plugin-cli@main": "a private repository",
    "https://files.example.org/grafana_plugin_cli-0.1.0-py3-none-any.whl": "a wheel",
}


@pytest.mark.parametrize("address", TAKEN, ids=TAKEN.values())
def test_an_address_is_named_as_it_is(address: str) -> None:
    requirement = tool_requirement(address)

    assert requirement == f"grafana-plugin-cli @ {address}"
    assert pinned_requirement(f'[project]\ndependencies = ["httpx", "{requirement}"]') == requirement


@pytest.mark.parametrize(
    "text", ["grafana-plugin-cli>=0.2", "grafana-plugin-cli @ git+https://example.org/x"]
)
def test_a_requirement_is_taken_as_it_is(text: str) -> None:
    assert tool_requirement(text) == text


REFUSED = {
    "/home/ada/plugin-cli": "takes git",
    "../plugin-cli": "",
    "file:///home/ada/grafana_plugin_cli-0.1.0-py3-none-any.whl": "",
    "git+file:///home/ada/plugin-cli": "",
    "C:\\tools\\plugin-cli": "",
    "git@git.example.org:tools/plugin-cli": "",
    "plugin-cli": "",
    "grafana-plugin-cli": "",
    "": "",
    "https:///nowhere": "",
}


@pytest.mark.parametrize("address", REFUSED)
def test_what_nobody_else_can_install_from_is_refused(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        tool_requirement(address)
    assert "--tool git+https://HOST/REPOSITORY@REVISION" in str(caught.value)


@pytest.mark.parametrize(
    "address", ["git+https://ada:secret@git.example.org/x", "https://token@files.example.org/x.whl"]
)
def test_a_password_would_be_committed(address: str) -> None:
    with pytest.raises(UsageError, match="takes no user name or password") as caught:
        tool_requirement(address)
    assert "secret" not in str(caught.value)
    assert "token@" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ['[project]\ndependencies = ["grafana-plugin-cli>=0.1"]', "", "[project", "[x]"]
)
def test_a_version_is_no_address(text: str) -> None:
    assert pinned_requirement(text) is None
