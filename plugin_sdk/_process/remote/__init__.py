"""`serve --listen`: the plugin as a server that stands alone, for Grafanas on other machines to call.

Nothing of the rest of the package imports this one before the flag asks for it.
"""
