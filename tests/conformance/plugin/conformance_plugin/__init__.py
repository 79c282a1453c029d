"""Plugins that do what their queries say: the Python half of the reference plugin in conformance/cmd/refplugin."""
