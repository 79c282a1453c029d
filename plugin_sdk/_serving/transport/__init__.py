"""The private parts of grpcio, each with the public way beside it for a grpcio that has changed.

Contexts of RPCs go in; messages sent without a waiting thread come out.
"""
