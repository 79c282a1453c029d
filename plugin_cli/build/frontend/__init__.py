"""The browser's half of a plugin: generated from the models, or built with Node from TypeScript.

Models' schemas or sources go in; module.js, types and static files leave.
"""
