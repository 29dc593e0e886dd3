"""dvdrental run"""

import time
from concurrent.futures import ThreadPoolExecutor

from dvdrental.local import folder as lakes
from dvdrental.local.commands.common import (
    Commands,
    Options,
    declare,
    finish_with,
    json_option,
    new_run_id,
    own_parameters,
    parameter_option,
)
from dvdrental.local.commands.land import source_options
from dvdrental.local.commands.work import planned, work
from dvdrental.local.job import great_expectations_beside
from dvdrental.local.landing import read_source
from dvdrental.local.session import start_session


def add(commands: Commands) -> None:
    text = "land a source and run the job on it"
    parser = declare(commands, "run", _run, text, "run", "run --source dvdrental.tar", "run -p max_delete_percent=50")
    source_options(parser)
    parameter_option(parser)
    json_option(parser)


def _run(options: Options) -> int:
    began = time.monotonic()
    folder = options.lake or lakes.default_folder(options.source)
    tasks = planned(lakes.parameters(folder, new_run_id(), options.envelope) | own_parameters(options))
    database = read_source(options.source)
    with lakes.locked(folder), great_expectations_beside(), ThreadPoolExecutor(1) as beside:
        landing = beside.submit(lakes.land, database, folder, options.envelope)
        spark = start_session(folder)
        landing.result()
        return finish_with(options, work(tasks, spark, folder, began))
