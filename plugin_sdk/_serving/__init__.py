"""One request: from the gRPC server through pools and the author's handler to the encoded response.

Protocol messages go in and leave; the author's class is loaded behind the handshake.
"""
