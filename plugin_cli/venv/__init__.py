"""The plugin's own Python environment: made by uv, the tool's runtime installed into it.

A plugin repository goes in, the path of its interpreter leaves; uv's failures become sentences.
"""
