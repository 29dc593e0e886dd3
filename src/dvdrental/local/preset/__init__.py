"""The Preset (Superset) dashboard: written in board.py, generated into dashboards/preset, shown by serve.py."""
