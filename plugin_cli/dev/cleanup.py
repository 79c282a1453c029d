"""What a crashed development session leaves outside its own folder, and its removal."""

from __future__ import annotations

from pathlib import Path

from plugin_cli.session.record import Session, SessionFolder, session_folder


def clean_crashed(session: Session) -> None:
    """Remove the Grafana that a crashed owner left running; its other processes ended with it.

    Raises:
        ToolMissingError: the engine that holds the container does not answer.
    """
    folder = session_folder(Path(session.root))
    clean_unrecorded(folder)
    if session.engine is None:
        return
    from plugin_cli.dev.grafana.container import remove_containers
    from plugin_cli.system.docker_engine import connect

    client = connect(session.engine)
    try:
        remove_containers(client, folder.path.name)
    finally:
        client.close()


def clean_unrecorded(folder: SessionFolder) -> None:
    """End the Grafana process of an owner that died, perhaps before its session was recorded."""
    from plugin_cli.dev.grafana.installed.server import end_left_server

    end_left_server(folder)
    folder.remove_sockets()
