"""The Preset (Superset) dashboard: written once in board.py, generated into dashboards/preset, proven on this machine."""
