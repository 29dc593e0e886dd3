"""dvdrental land"""

import argparse
from pathlib import Path
from typing import get_args

from dvdrental.local import folder as lakes
from dvdrental.local.commands.common import CONSOLE, Commands, Options, declare, finish_with, json_option
from dvdrental.local.landing import Envelope, read_source


def add(commands: Commands) -> None:
    text = "write a source's tables as Airbyte would land them"
    parser = declare(
        commands, "land", _land, text, "land", "land --source dvdrental.tar --envelope direct --lake lake/4x"
    )
    source_options(parser)
    json_option(parser)


def source_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", default="sample", help="sample (default), a pg_dump tar archive, postgresql://...")
    parser.add_argument("--lake", type=Path, metavar="FOLDER", help="the lake (default: lake/<source>)")
    parser.add_argument("--envelope", choices=get_args(Envelope), default="v2", help="form of Airbyte's landing")


def _land(options: Options) -> int:
    database = read_source(options.source)
    folder = options.lake or lakes.default_folder(options.source)
    with lakes.locked(folder):
        landed = lakes.land(database, folder, options.envelope)
    rows = sum(map(len, database.values()))
    CONSOLE.print(f"{rows:,} rows of {len(database)} tables {'landed' if landed else 'are landed already'} in {folder}")
    return finish_with(options, {"lake": folder, "landed": landed, "tables": len(database), "rows": rows})
