"""The JSON Schema of a plugin's models: read from its code, checked for what the editors can show.

An import string goes in; a schema, or sentences with file and line, leave.
"""
