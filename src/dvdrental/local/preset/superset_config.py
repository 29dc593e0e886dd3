"""Settings of a Superset that serves one person on this machine. Never those of a server that others reach."""

import os
from pathlib import Path

HOME = Path(os.environ["SUPERSET_HOME"])

SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}"
TALISMAN_ENABLED = False
WTF_CSRF_ENABLED = False  # the browser test logs in without the form
RATELIMIT_ENABLED = False
# A process with threads and no Redis: what filters hold and where links point is kept in files.
_FILES = {"CACHE_TYPE": "FileSystemCache", "CACHE_DEFAULT_TIMEOUT": 86_400}
FILTER_STATE_CACHE_CONFIG = _FILES | {"CACHE_DIR": str(HOME / "cache_filters")}
EXPLORE_FORM_DATA_CACHE_CONFIG = _FILES | {"CACHE_DIR": str(HOME / "cache_explore")}
