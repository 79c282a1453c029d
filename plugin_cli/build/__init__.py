"""From a plugin repository to dist/: `build.py` conducts preflight, bundle, stage, verify and swap.

The repository and its environment go in; a dist/ that Grafana loads leaves, or the old one stays.
"""
