"""dvdrental forget"""

from pathlib import Path
from typing import Any

from dvdrental import maintain
from dvdrental.errors import SettingsError
from dvdrental.forget import forget
from dvdrental.lake import Lake
from dvdrental.local import folder as lakes
from dvdrental.local.commands import common
from dvdrental.local.commands.common import (
    CONSOLE,
    Commands,
    Options,
    declare,
    finish_with,
    json_option,
    lake_option,
    working,
)
from dvdrental.local.commands.rebuild import rebuild
from dvdrental.local.folder import lake_with_ledger
from dvdrental.silver import dim_customer


def add(commands: Commands) -> None:
    text = "erase a customer from every version and file of the lake"
    parser = declare(commands, "forget", _forget, text, "forget 42")
    parser.add_argument("customer_id", help="as in the source; erase the person there first, and sync")
    lake_option(parser)
    json_option(parser)


UNFINISHED = "Silver, gold and older files may still hold the person: mend it, and run the same again."


def _forget(options: Options) -> int:
    """Under one lock: a run that comes between would keep what is to go."""
    folder = lake_with_ledger(options.lake)
    with lakes.locked(folder):
        lakes.landed_envelope(folder)  # the rebuild needs a whole landing: asked before anything is erased
        try:
            result = _erase(folder, options.customer_id)
        except SettingsError:  # there is no such customer
            raise
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"interrupted. {UNFINISHED}") from None
        except Exception:
            CONSOLE.print(UNFINISHED)
            raise
    good = "Forgotten in bronze, silver and gold, and in their files. The landing is Airbyte's: sync again."
    CONSOLE.print(good if result["status"] == "success" else UNFINISHED)
    return finish_with(options, result)


def _erase(folder: Path, customer_id: str) -> dict[str, Any]:
    """Bronze first; silver and gold follow from it; then the files of older versions go. Gives the job's result."""
    with working("erasing in bronze"):
        lake = common.open_session(folder)
        forget(lake, customer_id)
        own = _as_built(lake)
    result = rebuild(folder, own)
    if result["status"] == "success":
        with working("erasing older files"):
            maintain.purge(lake)
    return result


def _as_built(lake: Lake) -> dict[str, str]:
    """How the source was synced when the customers were filled last: in another mode a landing is something else."""
    last = lake.last_success(dim_customer.TABLE.full_name)
    return {"sync_mode": last.built_from["sync_mode"]} if last else {}
