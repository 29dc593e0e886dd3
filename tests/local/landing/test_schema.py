import re
import tarfile

from dvdrental.local.landing.schema import TABLES


def test_schema_is_that_of_the_real_dump(dump_path):
    with tarfile.open(dump_path) as archive:
        script = archive.extractfile("restore.sql").read().decode()
    tables = re.findall(r"^CREATE TABLE public\.(\w+) \(\n(.+?)\n\);", script, re.MULTILINE | re.DOTALL)
    columns = {table: _columns(body) for table, body in tables}
    keys = re.findall(
        r"^ALTER TABLE ONLY public\.(\w+)\n    ADD CONSTRAINT \w+ PRIMARY KEY \((.+?)\);",
        script,
        re.MULTILINE,
    )

    assert {table: list(source.columns.items()) for table, source in TABLES.items()} == columns
    assert {table: ", ".join(source.key) for table, source in TABLES.items()} == dict(keys)


def _columns(body):
    columns = []
    for line in body.splitlines():
        name, definition = line.strip().removesuffix(",").split(" ", 1)
        pg_type = re.split(r" DEFAULT | NOT NULL", definition)[0].removeprefix("public.")
        columns.append((name, pg_type))
    return columns
