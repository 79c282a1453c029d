"""One real gRPC call to a plugin's backend: the running session's, from source, or built.

Which backend and what to ask go in; the response leaves.
"""
