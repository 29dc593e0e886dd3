"""Parameters of every notebook: declared, read and checked once, at the edge."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from dvdrental.bronze.streams import chosen
from dvdrental.errors import SettingsError
from dvdrental.names import ident, schema_ident

MODES = ("overwrite", "append", "cdc")
_FOLDER = re.compile(r"([a-z0-9]+:/)?/[^*?\[\]{}\\\x00-\x1f]*\Z")
_RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_PERCENT = re.compile(r"([0-9]{1,2}|100)\Z")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Each field is one job parameter and one notebook widget of the same name; its default serves a notebook
    that is opened by hand."""

    catalog: str = "dvd_dev"
    bronze_schema: str = "bronze"
    silver_schema: str = "silver"
    gold_schema: str = "gold"
    ops_schema: str = "ops"
    landing: str = "airbyte_internal"
    """Schema (or catalog.schema) that holds Airbyte's tables, or the absolute path of a folder with its JSON lines."""
    namespace: str = "public"
    """Source schema: part of Airbyte's raw table names."""
    sync_mode: str = "overwrite"
    """How Airbyte syncs: overwrite, append or cdc; exceptions per stream follow: `overwrite, rental=cdc`."""
    max_delete_percent: str = "20"
    """A snapshot that would delete more than this share of a stream's live keys is refused."""
    staging: str = "/Volumes/dvd_dev/ops/staging"
    """Folder for rows that wait for their audit: on the platform a volume."""
    reports: str = "/Volumes/dvd_dev/ops/reports"
    """Folder for what a run tells about itself: Data Docs, OpenLineage events."""
    rebuild: str = "yes"
    """yes: compute every row anew; no: not those of tables whose inputs and code are those of the last time. (The job
    says no, a notebook that is opened by hand yes.) Only differences are written either way."""
    run_id: str = "manual"
    repair: str = "0"
    """How often this run of the job has been repaired: what its tasks handed on before does not count any more."""

    def __post_init__(self) -> None:
        _check("catalog", schema_ident, self.catalog, "x")
        for name in ("bronze_schema", "silver_schema", "gold_schema", "ops_schema", "namespace"):
            _check(name, ident, getattr(self, name))
        if self.landing_folder is None:
            if self.landing.count(".") > 1:
                raise SettingsError(f"landing: {self.landing[:40]!r} is no schema, no catalog.schema and no folder")
            _check("landing", schema_ident, *self.landing_schema)
        elif not _FOLDER.match(self.landing_folder) or ".." in self.landing_folder:
            raise SettingsError("landing: use an absolute path without wildcards")
        self._sync_modes()  # refuses what is no mode
        for name in ("staging", "reports"):
            folder = getattr(self, name)
            if not _FOLDER.match(folder) or ".." in folder or not folder.startswith("/"):
                raise SettingsError(f"{name}: use an absolute path without wildcards, on the platform that of a volume")
        if self.rebuild not in ("yes", "no"):
            raise SettingsError("rebuild: use yes or no")
        if not (_RUN_ID.match(self.run_id) and _RUN_ID.match(self.repair)):
            raise SettingsError("run_id and repair: use letters, digits, - and _ only, at most 64")
        if not _PERCENT.match(self.max_delete_percent):
            raise SettingsError("max_delete_percent: use a whole number from 0 to 100")

    @classmethod
    def from_widgets(cls, dbutils: Any) -> "Settings":
        """Declare one widget per field (a job's parameters win over the defaults) and read them."""
        for field in fields(cls):
            dbutils.widgets.text(field.name, field.default)
        return cls(**{field.name: dbutils.widgets.get(field.name) for field in fields(cls)})

    def mode(self, stream: str) -> str:
        modes = self._sync_modes()
        return modes.get(stream, modes[""])

    def _sync_modes(self) -> dict[str, str]:
        """Mode per stream; under "" that of all others."""
        entries = [entry.strip() for entry in self.sync_mode.split(",")]
        modes = {stream: mode for stream, _, mode in (entry.rpartition("=") for entry in entries)}
        if len(modes) != len(entries) or "" not in modes or not set(modes.values()) <= set(MODES):
            raise SettingsError(f"sync_mode: use one of {', '.join(MODES)}, then stream=mode for exceptions")
        if set(modes) - {""}:
            chosen(",".join(set(modes) - {""}))
        return modes

    @property
    def landing_folder(self) -> str | None:
        """On the platform a volume or an external location."""
        return self.landing.rstrip("/") if self.landing.startswith("/") or "://" in self.landing else None

    @property
    def landing_schema(self) -> tuple[str, str]:
        """Its catalog and its name."""
        catalog, dot, schema = self.landing.rpartition(".")
        return catalog if dot else self.catalog, schema

    def schema(self, layer: str) -> str:
        return str(getattr(self, f"{layer}_schema"))


def _check(parameter: str, quote: Callable[..., str], *parts: str) -> None:
    try:
        quote(*parts)
    except SettingsError as error:
        raise SettingsError(f"{parameter}: {error}") from None
