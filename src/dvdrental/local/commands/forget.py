"""dvdrental forget"""

from dvdrental import maintain
from dvdrental.forget import forget
from dvdrental.lake import Lake
from dvdrental.local import folder as lakes
from dvdrental.local.commands.common import (
    CONSOLE,
    Commands,
    Options,
    declare,
    exclusive_session,
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


def _forget(options: Options) -> int:
    """Bronze first; silver and gold follow from it; then the files of older versions go."""
    folder = lake_with_ledger(options.lake)
    with exclusive_session(folder, "erasing in bronze") as lake:
        forget(lake, options.customer_id)
        own = _as_built(lake)
    result = rebuild(folder, own)
    if result["status"] == "success":
        with lakes.locked(folder), working("erasing older files"):
            maintain.purge(lake)
        CONSOLE.print("Forgotten in bronze, silver and gold, and in their files. The landing is Airbyte's: sync again.")
    else:
        CONSOLE.print(
            "Erased in bronze; silver, gold and older files may still hold the person: mend it, and forget again."
        )
    return finish_with(options, result)


def _as_built(lake: Lake) -> dict[str, str]:
    """How the source was synced when the customers were filled last: in another mode a landing is something else."""
    last = lake.last_success(dim_customer.TABLE.full_name)
    return {"sync_mode": last.built_from["sync_mode"]} if last else {}
