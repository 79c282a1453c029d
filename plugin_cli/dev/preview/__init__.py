"""The embedded preview: a local page that loads the plugin's module.js and queries its backend.

HTTP requests of the page go in; they become the same gRPC calls that Grafana makes.
"""
