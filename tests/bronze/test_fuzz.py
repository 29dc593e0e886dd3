"""Payloads that nobody should send: nothing crashes, every row is accounted for, no value leaks."""

import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dvdrental.bronze import drift
from dvdrental.bronze.envelope import AIRBYTE_PREFIXES
from dvdrental.bronze.ingest import ingest
from dvdrental.bronze.streams import STREAMS, Stream
from dvdrental.lake import Lake
from dvdrental.ops import QUARANTINE, STEP, Step
from tests.landing import folder, land_raw, reading_files, syncing
from tests.sizes import size

SECRET = "Quiddity"
"""Stands in every text value, and in no name: it must not turn up where values have no place."""

PAYLOADS = 500
REPEATED = 20
"""So many good payloads at the end of each stream come twice."""

GOOD = {
    "category": {"name": SECRET, "last_update": "2006-02-15T09:46:27"},
    "customer": {
        "store_id": 1,
        "first_name": SECRET,
        "last_name": SECRET,
        "email": f"{SECRET}@example.org",
        "address_id": 5,
        "activebool": True,
        "create_date": "2006-02-14",
        "last_update": "2013-05-26T14:49:45.738",
        "active": 1,
    },
    "film": {
        "title": SECRET,
        "description": None,
        "release_year": "2006",
        "language_id": 1,
        "rental_duration": 6,
        "rental_rate": 0.99,
        "length": 86,
        "replacement_cost": "20.99",
        "rating": "PG",
        "last_update": "2013-05-26T14:50:58.951",
        "special_features": ["Deleted Scenes", None],
        "fulltext": "'dinosaur':2",
    },
}

ODD_TEXTS = [
    "", " ", SECRET, f"{SECRET}\u0000", f"\ud800{SECRET}", f"{SECRET}\udc00\ud800", f"{SECRET} 👩‍🚀", "王小明",
    f"Ωмега ١٢٣ ǅ {SECRET}", SECRET * 2000, f"\"{SECRET}\" '`\\", f"{SECRET}\r\n\t\u2028", "NULL", "null", "true",
    "4.99", "1E400", "NaN", "Infinity", "-infinity", "1991-02-10 BC", "0044-03-15T12:00:00 BC", "2005-05-24T22:53:30Z",
    "2005-05-24T22:53:30+02:00", "2005-02-30", "0000-00-00", "2005-05-24T24:00:00", "2005-05-24T22:53:60",
    "+10000-01-01T00:00:00", "-0001-01-01", "292278994-08-17T07:12:55", "__debezium_unavailable_value", "\\x5f5f", "٣",
]  # fmt: skip
ODD_TOKENS = [
    *map(json.dumps, ODD_TEXTS), "null", "true", "{}", "[]", "[null]", "[[[1]]]", f'["{SECRET}",{{"a":"{SECRET}"}}]',
    f'{{"a":{{"b":["{SECRET}"]}}}}', "0", "-0", "-0.0", "1e400", "-1E-400", "7E+2", "1E30", "9" * 38, "9" * 39,
    "1" + "0" * 2000, "0." + "1" * 2000, "3000000000", "-9223372036854775809", "12.5", "10.0000000001", "2e19",
]  # fmt: skip
NO_JSON = [
    "NaN", "-Infinity", "01", "+1", ".5", "5.", "0x1F", "1_000", "undefined", "TRUE", f"'{SECRET}'", f'"{SECRET}',
    f'"\\u12{SECRET}"', f'"\\q{SECRET}"', f'"{SECRET}\n"', f'"{SECRET}\x00\x01"', "[1,]", "{,}", '{"a"}', "[" * 3000,
]  # fmt: skip
ODD_NAMES = [
    "", " ", "a.b", "$", "$.a", "$['a']", "a`b", 'a"b', "a'b", "a\\b", "a b", "a\nb", "a\u0000b", "名前", "ß", "Name",
    "TITLE", "name ", "select", "x" * 300, "y" * 60_000, "a\ud800", "_airbyte_x", "_ab_x", "_rejected", "_rescued",
    "_flagged", "data", "wide", "raw_id", "_raw_id", "a-b", "a_b", "a+b", "__proto__", "*", "?", "%s", "{}", "\u202e",
]  # fmt: skip

Fields = list[tuple[str, str]]


@dataclass
class Fuzz:
    """Payloads of one stream by raw id; `again` are the ids that say what another one said."""

    payloads: list[str | None] = field(default_factory=list)
    again: set[str] = field(default_factory=set)

    def ids(self) -> set[str]:
        return {f"id-{number}" for number in range(len(self.payloads))}


def fuzz(stream: str, seed: int) -> Fuzz:
    chance = Random(seed)
    made: list[str | None] = [payload(chance, stream, key) for key in range(1001, 1001 + PAYLOADS // len(GOOD) + 1)]
    twice = [_text(good(stream, key)) for key in range(5001, 5001 + REPEATED)]
    start = 100 + len(made)  # numbers of three digits sort as texts too: of two equal rows the first id is kept
    padding = [_text(good(stream, key)) for key in range(7001, 7101)]
    payloads = [*padding, *made, *twice, *twice]
    return Fuzz(payloads, {f"id-{start + REPEATED + number}" for number in range(REPEATED)})


def good(stream: str, key: int) -> Fields:
    values = {STREAMS[stream].key[0]: key, **GOOD[stream]}
    return [(name, json.dumps(value)) for name, value in values.items()]


def payload(chance: Random, stream: str, key: int) -> str | None:
    fields = good(stream, key)
    for damage in chance.sample(FIELD_DAMAGES, chance.randint(0, 3)):
        damage(chance, fields)
    text = _text(fields)
    return chance.choice(TEXT_DAMAGES)(chance, text) if chance.random() < 0.3 else text


def _text(fields: Fields) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{token}" for name, token in fields) + "}"


def odd_value(chance: Random, fields: Fields) -> None:
    place = chance.randrange(len(fields))
    fields[place] = (fields[place][0], chance.choice(ODD_TOKENS))


def no_json(chance: Random, fields: Fields) -> None:
    place = chance.randrange(1, len(fields))
    fields[place] = (fields[place][0], chance.choice(NO_JSON))


def missing_field(chance: Random, fields: Fields) -> None:
    fields.pop(chance.randrange(1, len(fields)))


def same_name_twice(chance: Random, fields: Fields) -> None:
    fields.append((chance.choice(fields)[0], chance.choice(ODD_TOKENS)))


def odd_names(chance: Random, fields: Fields) -> None:
    for name in chance.sample(ODD_NAMES, chance.randint(1, 4)):
        fields.insert(chance.randint(1, len(fields)), (name, chance.choice(ODD_TOKENS)))


def deep(chance: Random, fields: Fields) -> None:
    levels = chance.choice([10, 400, 990, 1100, 6000])
    fields.append(("deep", "[" * levels + f'"{SECRET}"' + "]" * levels))


def cdc_fields(chance: Random, fields: Fields) -> None:
    names = ["_ab_cdc_lsn", "_ab_cdc_updated_at", "_ab_cdc_deleted_at"]
    fields.extend((name, chance.choice(ODD_TOKENS)) for name in names)


FIELD_DAMAGES: Sequence[Callable[[Random, Fields], None]] = (
    odd_value, no_json, missing_field, same_name_twice, odd_names, deep, cdc_fields,
)  # fmt: skip
TEXT_DAMAGES: Sequence[Callable[[Random, str], str | None]] = (
    lambda chance, text: text[: chance.randrange(len(text))],
    lambda chance, text: chance.choice([*ODD_TOKENS, *NO_JSON]),
    lambda chance, text: text + chance.choice(["}", "]", text, ",", "\u0000", "x", " ", "{}"]),
    lambda chance, text: chance.choice(["\ufeff", " ", "[", "//\n", "/* */", "\u0000"]) + text,
    lambda chance, text: text.replace('"', "'"),
    lambda chance, text: json.dumps(text),
    lambda chance, text: None,
)


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_promise_12_every_payload_of_a_raw_table_is_stored_repeated_or_set_aside(lake: Lake, mode: str) -> None:
    lake = syncing(lake, mode)
    fuzzes = {name: fuzz(name, seed) for seed, name in enumerate(GOOD)}
    for name, fuzzed in fuzzes.items():
        land_raw(lake, name, fuzzed.payloads)
    for name, fuzzed in fuzzes.items():
        step = ingest(lake, [name])[0]
        assert_counts_add_up(step, len(fuzzed.payloads))
        stored, aside = ids(lake, name)
        assert fuzzed.ids() - stored - aside == fuzzed.again, "a row is lost"
        assert step.rows_duplicate == len(fuzzed.again)
        assert_unknown_fields_are_kept(lake, STREAMS[name], fuzzed)
    assert_no_value_leaks(lake)


def assert_counts_add_up(step: Step, landed: int) -> None:
    counts = (step.rows_inserted, step.rows_duplicate, step.rows_quarantined)
    assert step.rows_landed == landed == sum(count or 0 for count in counts)
    assert all(counts), f"{counts}: the payloads are not odd enough to try all outcomes"


def ids(lake: Lake, name: str) -> tuple[set[str], set[str]]:
    """Of the rows stored and of those set aside: each row is only once in one of the two."""
    stored = [row._raw_id for row in lake.changes(name).select("_raw_id").collect()]
    aside = [row.raw_id for row in lake.table(QUARANTINE).filter(f"stream = '{name}'").select("raw_id").collect()]
    assert [raw_id for raw_id, count in Counter(stored + aside).items() if count > 1] == []
    return set(stored), set(aside)


def assert_unknown_fields_are_kept(lake: Lake, stream: Stream, fuzzed: Fuzz) -> None:
    kept = lake.changes(stream.name).filter("not _is_delete").select("_raw_id", "_rescued").collect()
    lost = {}
    for row in kept:
        payload = fuzzed.payloads[int(row._raw_id.removeprefix("id-"))]
        wanted, found = unknown_fields(payload, stream), json.loads(row._rescued or "{}")
        if not wanted.items() <= found.items():
            lost[row._raw_id] = (payload, found)
    assert not lost, f"{len(lost)} rows lack fields, such as {min(lost.values(), key=lambda item: len(str(item)))}"
    assert any(row._rescued for row in kept)


def unknown_fields(payload: str | None, stream: Stream) -> dict[str, Any]:
    """Texts only: other values are kept as their JSON, whose spelling is free. Half characters have no UTF-8, and
    Spark takes some for JSON that Python does not."""
    try:
        fields = json.loads(payload or "{}")
    except (ValueError, RecursionError):
        return {}
    known = {*stream.business_columns, *stream.secrets}
    return {
        name: value
        for name, value in fields.items()
        if name not in known
        and not name.startswith(AIRBYTE_PREFIXES)
        and isinstance(value, str)
        and is_utf8(name + value)
    }


def is_utf8(text: str) -> bool:
    return text == text.encode(errors="replace").decode()


def assert_no_value_leaks(lake: Lake) -> None:
    """Neither in the ledger nor, masked, in the quarantine."""
    assert SECRET not in repr(lake.table(STEP).collect())
    aside = lake.table(QUARANTINE).select("raw_id", "rule", "reason", "excerpt").collect()
    assert SECRET not in repr(aside)
    letters = {letter for row in aside for letter in row.excerpt or "" if unicodedata.category(letter)[0] in "LN"}
    assert letters <= {"x", "n"}


def test_streams_may_set_rows_aside_at_the_same_time(lake: Lake) -> None:
    names = ["actor", "category", "city", "country"]
    for name in names:
        land_raw(lake, name, ["broken"])
    assert [step.rows_quarantined for step in ingest(lake, names)] == [1, 1, 1, 1]
    assert lake.table(QUARANTINE).count() == 4


def test_every_line_of_a_file_is_stored_repeated_or_set_aside(lake: Lake) -> None:
    lake = syncing(reading_files(lake), "append")
    fuzzed = fuzz("film", 7)
    lines = file_of(lake, "film", [line(Random(n), n, text or "") for n, text in enumerate(fuzzed.payloads)])
    step = ingest(lake, ["film"])[0]
    assert_counts_add_up(step, lines)
    stored, aside = ids(lake, "film")
    assert len(stored) + len(aside) + (step.rows_duplicate or 0) == lines
    assert (stored | aside) & fuzzed.again == set()
    assert_no_value_leaks(lake)


def line(chance: Random, number: int, payload: str) -> bytes:
    """The fields around the payload are odd at times; the line may be cut anywhere or hold bytes of no character."""
    head = {"_airbyte_extracted_at": "1767603600000", "_airbyte_meta": '{"sync_id":1,"changes":[]}'}
    if 100 <= number < 200 and chance.random() < 0.3:
        head[chance.choice([*head])] = chance.choice(ODD_TOKENS)
    fields = [("_airbyte_raw_id", f'"id-{number}"'), *head.items(), ("_airbyte_data", payload)]
    whole = _text(fields).replace("\n", " ").replace("\r", " ").encode()
    if 200 <= number < 230:
        return whole[: chance.randrange(1, len(whole))]
    return whole.replace(SECRET.encode(), SECRET.encode() + b"\xff\xc3") if 230 <= number < 260 else whole


def file_of(lake: Lake, stream: str, lines: Sequence[bytes]) -> int:
    target = folder(lake) / lake.settings.namespace / stream
    target.mkdir(parents=True)
    (target / "2026_01_05_1767603600000_0.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    return len(lines)


BROKEN = ['{"_airbyte_raw_id":"id-9","_airb', "", "{", "null", '{"_airbyte_data":null}']


@pytest.mark.parametrize("broken", BROKEN[: size(2, None)])
def test_broken_first_line_does_not_spoil_the_others(lake: Lake, broken: str) -> None:
    lake = syncing(reading_files(lake), "append")
    whole = [line(Random(0), number, _text(good("category", number))) for number in (1, 2)]
    file_of(lake, "category", [broken.encode(), *whole])
    step = ingest(lake, ["category"])[0]
    assert (step.rows_landed, step.rows_inserted, step.rows_quarantined) == (3, 2, 1)


def test_odd_extraction_times_set_their_rows_aside(lake: Lake) -> None:
    lake = syncing(reading_files(lake), "append")
    moments = ['"-0001-01-01T00:00:00"', '"0000-00-00"', "-1", "9" * 15, "9" * 30, "{}"]
    data = ("_airbyte_data", _text(good("category", 1)))
    heads = [[("_airbyte_raw_id", f'"id-{n}"'), ("_airbyte_extracted_at", m)] for n, m in enumerate(moments)]
    file_of(lake, "category", [_text([*head, data]).encode() for head in heads])
    step = ingest(lake, ["category"])[0]
    assert (step.rows_landed, step.rows_inserted, step.rows_quarantined) == (6, 0, 6)


def test_newest_payload_may_be_any_text(lake: Lake) -> None:
    """It is looked at before the others, for fields that are new. One in each stream."""
    newest = ["[" * 6000, '{"a":' * 6000, '{"a":' + "9" * 6000 + "}", '{"\\ud800":1}', "\x00"]
    names = ["actor", "category", "city", "country", "language"]
    lake = syncing(lake, "append")
    for name, payload in zip(names, newest, strict=True):
        land_raw(lake, name, [payload])
    steps = ingest(lake, names)
    assert [(s.rows_landed, s.rows_inserted, s.rows_quarantined) for s in steps] == [(1, 0, 1)] * 5


def test_huge_exponent_is_only_a_bad_value(lake: Lake) -> None:
    lake = syncing(lake, "append")
    exponents = [400, 1_000_000, 100_000_000, 2_000_000_000]
    land_raw(lake, "category", [f'{{"category_id":1E{sign}{e}}}' for e in exponents for sign in ("", "-")])
    step = ingest(lake, ["category"])[0]
    assert (step.rows_inserted, step.rows_quarantined) == (0, 8)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.just(SECRET),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=5,
)


@settings(derandomize=size(True, False), deadline=None)
@given(st.dictionaries(st.sampled_from(ODD_NAMES) | st.text(st.characters(), max_size=8), JSON_VALUES, max_size=6))
def test_warnings_of_any_row_tell_names_and_no_values(fields: dict[str, Any]) -> None:
    told = drift.warnings(drift.fields_of(json.dumps(fields)), STREAMS["category"])
    assert SECRET not in "".join(told)
    "".join(told).encode()


@settings(derandomize=size(True, False), deadline=None)
@given(st.text() | st.sampled_from(ODD_TOKENS + NO_JSON))
@example("[" * 100_000)
@example('{"a":' * 100_000)
@example('{"a":' + "9" * 5000 + "}")
def test_text_that_is_no_object_has_no_fields(text: str) -> None:
    fields = drift.fields_of(text)
    assert not fields or text.lstrip().startswith("{")
