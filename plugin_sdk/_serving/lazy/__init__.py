"""Libraries without what a plugin process never uses of them, which is loaded if it is used after all.

Imports of grpc and pydantic go in; the same modules come out, with stand-ins for what they import.
"""
