"""Images that play Grafana where no image can be fetched: a server that loads plugins with the same client code.

There is no shell in them, no C library and nothing else: what starts there starts in every image.
"""

from __future__ import annotations

import io
import tarfile

import docker
import docker.errors

from tests.conformance.build import program

IMAGE = "grafana/grafana:standin"


def import_image(client: docker.DockerClient, image: str = IMAGE) -> None:
    """Give the image to an engine under a name of Grafana's."""
    repository, _, tag = image.rpartition(":")
    changes = [
        'ENTRYPOINT ["/standin"]',
        "USER 472",
        "EXPOSE 3000",
        "ENV GF_PATHS_PROVISIONING=/etc/grafana/provisioning",  # as in Grafana's images
    ]
    client.api.import_image_from_data(_root(), repository=repository, tag=tag, changes=changes)
    try:
        client.images.get(image)
    except docker.errors.ImageNotFound:
        client.api.tag(f"{repository}:latest", repository, tag)  # older Podmans drop the tag


def _root() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, mode in (("tmp", 0o1777), ("var/lib/grafana/plugins", 0o755), ("run", 0o755)):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            archive.addfile(folder)
        member = archive.gettarinfo(program("standin"), "standin")
        member.mode, member.uid, member.gid = 0o755, 0, 0
        with program("standin").open("rb") as file:
            archive.addfile(member, file)
    return buffer.getvalue()
