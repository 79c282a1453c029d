"""Children inherit a socket."""

import socket

inherited = socket.create_server(("127.0.0.1", 0))
inherited.set_inheritable(True)
