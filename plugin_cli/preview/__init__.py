"""The embedded preview: the routes that a Grafana frontend calls, bridged to a plugin's backend."""
