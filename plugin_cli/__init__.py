"""The tool: creates, runs, builds, validates and packages Grafana plugins with a Python backend."""
