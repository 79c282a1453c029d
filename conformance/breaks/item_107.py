"""A port is open for whoever wants to look in."""

import socket

port = socket.create_server(("127.0.0.1", 0))
