"""Grafana's image: its name's parts, and fetching it with progress where the engine does not have it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError, ToolMissingError, UsageError

if TYPE_CHECKING:
    from docker import DockerClient

_WITHOUT = "plugin-cli dev up --runtime preview   (needs no image; local: a Grafana that is installed here)"


def need_image(client: DockerClient, image: str, console: Console) -> None:
    """Fetch the image if the engine does not have it.

    Raises:
        ToolMissingError: it cannot be fetched.
        PluginCliError: the engine went away meanwhile.
    """
    import docker.errors
    import requests
    import urllib3.exceptions

    # docker hands out a stream's errors as they are: from one library, or from that below it.
    gone = (docker.errors.DockerException, requests.RequestException, urllib3.exceptions.HTTPError, OSError)
    try:
        if _has(client, image):
            return
        with console.transferring(f"fetching the image {image}") as on_progress:
            _pull(client, image, on_progress)
        if not _has(client, image):
            raise _unfetched(image, "the engine ended the transfer before its end")
    except docker.errors.APIError as error:
        raise _unfetched(image, str(error.explanation or error)) from error
    except gone as error:
        raise PluginCliError(
            f"the Docker engine went away while it fetched the image {image}",
            why=str(error),
            remedy=f"start the engine, and again: plugin-cli dev up\n{_WITHOUT}",
        ) from error


def _has(client: DockerClient, image: str) -> bool:
    import docker.errors

    try:
        client.images.get(image)
    except docker.errors.ImageNotFound:
        return False
    return True


def _unfetched(image: str, why: str) -> ToolMissingError:
    return ToolMissingError(
        f"the image {image} is not on this machine and cannot be fetched",
        why=why,
        remedy=f"docker pull {image}   (or name one that is here: --image NAME)\n{_WITHOUT}",
    )


def _pull(client: DockerClient, image: str, on_progress: Callable[[int, int], None]) -> None:
    repository, tag = split_image(image)
    # The engine answers for as long as the transfer goes on: a slow connection is not a failure.
    follow_pull(client.api.pull(repository, tag=tag, stream=True, decode=True), image, on_progress)


def follow_pull(
    events: Iterable[Mapping[str, Any]], image: str, on_progress: Callable[[int, int], None]
) -> None:
    """Add up an engine's progress events over the layers of an image.

    Args:
        events: as the engine sends them.
        image: what is fetched.
        on_progress: called with the bytes transferred and the total of all layers that began.

    Raises:
        ToolMissingError: the engine reports an error.
    """
    layers: dict[str, tuple[int, int]] = {}
    for event in events:
        if "error" in event:
            raise _unfetched(image, str(event["error"]))
        layer, detail = str(event.get("id")), event.get("progressDetail") or {}
        if event.get("status") == "Downloading" and detail.get("total"):
            layers[layer] = (int(detail["current"]), int(detail["total"]))
        elif event.get("status") == "Download complete" and layer in layers:
            layers[layer] = (layers[layer][1], layers[layer][1])
        else:
            continue
        on_progress(sum(done for done, _ in layers.values()), sum(total for _, total in layers.values()))


def split_image(image: str) -> tuple[str, str]:
    """Return repository and tag or digest; a colon before the last slash belongs to a registry's port."""
    name, at, digest = image.partition("@")
    head, slash, tail = name.rpartition("/")
    last, _, tag = tail.partition(":")
    return head + slash + last, digest if at else tag or "latest"


def with_tag(image: str, tag: str) -> str:
    """Return the image under another tag.

    Raises:
        UsageError: the tag is invalid.
    """
    if not re.fullmatch(r"\w[\w.-]{0,127}", tag):
        raise UsageError(
            f"--grafana-version does not take {tag!r}", why="allowed: a tag such as 12.4.3 or 13.0.1-ubuntu"
        )
    return f"{split_image(image)[0]}:{tag}"
