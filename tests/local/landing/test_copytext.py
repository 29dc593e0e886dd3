import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvdrental.local.landing.copytext import parse, parse_rows

from .archives import copy_line

_ODD = st.text(alphabet="\t\n\r\\\b\f\v\"'N.x0aé {},", max_size=6)
_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(st.none() | _ODD | _TEXT, min_size=n, max_size=n))))
def test_rows_of_any_text_come_back(rows):
    data = "".join(map(copy_line, rows)).encode()
    assert list(parse(data)) == rows
    assert list(parse(data + b"\\.\n\n\n")) == rows


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (rb"\N", None),
        (b"", ""),
        (rb"\\N", r"\N"),
        (rb"a\tb\nc", "a\tb\nc"),
        (rb"\b\f\r\v", "\b\f\r\v"),
        (rb"\101\12\0601", "A\n01"),
        (rb"\x41\xag", "A\ng"),
        (rb"\xzz", "xzz"),
        (rb"\303\251\xc3\xa9", "éé"),
        (rb"\q\.", "q."),
        (rb"\\x89504e47", r"\x89504e47"),
        ("Genève\u2028\x85".encode(), "Genève\u2028\x85"),
    ],
)
def test_field_of_the_documented_format(field, value):
    assert list(parse(b"1\t" + field + b"\t2\n")) == [["1", value, "2"]]


def test_null_beside_empty_text():
    assert list(parse(b"\\N\t\t\\N\n\t\\N\t\n")) == [[None, "", None], ["", None, ""]]


def test_escaped_tab_does_not_end_a_field():
    assert list(parse(b"a\\\tb\tc\n")) == [["a\tb", "c"]]


def test_no_data_is_no_row():
    assert list(parse(b"")) == []
    assert list(parse(b"\\.\n")) == []


def test_one_empty_column_is_a_row():
    assert list(parse(b"\n\n")) == [[""], [""]]


def test_nothing_is_read_behind_the_end_mark():
    assert list(parse(b"1\n\\.\n2\n")) == [["1"]]


def test_rows_have_the_wanted_columns_in_the_wanted_order():
    assert parse_rows(b"1\t2\t3\n", ["a", "b", "c"], ["c", "a"]) == [{"c": "3", "a": "1"}]
    assert list(parse_rows(b"1\t2\t3\n", ["a", "b", "c"], ["c", "a"])[0]) == ["c", "a"]


@pytest.mark.parametrize("line", [b"1\n", b"1\t2\t3\n", b"\xff\t2\n", b"\\377\t2\n"])
def test_line_with_other_fields_or_other_encoding_is_refused(line):
    with pytest.raises(ValueError, match=r"zip\(\)|decode"):
        parse_rows(line, ["a", "b"], ["a", "b"])
