import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvdrental.local.landing.arrays import parse_array


def array_literal(items):
    """As PostgreSQL writes it: quotes where a reader could go wrong, backslash before quote and backslash."""
    return "{" + ",".join(map(_element, items)) + "}"


def _element(item):
    if item is None:
        return "NULL"
    plain = item and item.upper() != "NULL" and not any(c in '{},"\\' or c.isspace() for c in item)
    return item if plain else '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'


_ITEM = st.text(alphabet='"\\{}, \n\tNULnulé', max_size=6) | st.text(max_size=8)


@given(st.lists(st.none() | _ITEM))
def test_elements_of_any_text_come_back(items):
    assert parse_array(array_literal(items)) == items


@pytest.mark.parametrize(
    ("literal", "elements"),
    [
        ("{}", []),
        ("{Trailers}", ["Trailers"]),
        ('{Trailers,"Deleted Scenes"}', ["Trailers", "Deleted Scenes"]),
        ('{a,NULL,"NULL",null,""}', ["a", None, "NULL", None, ""]),
        (r'{"say \"hi\"","back\\slash"}', ['say "hi"', "back\\slash"]),
        ('{"a,b","{c}"}', ["a,b", "{c}"]),
        (" { a , b c } ", ["a", "b c"]),
    ],
)
def test_array_literal(literal, elements):
    assert parse_array(literal) == elements


@pytest.mark.parametrize(
    "text",
    ["", "a,b", "{a", "a}", "{a,}", "{,a}", '{"a}', '{"a"b}', "{{a},{b}}", "[2:3]={a,b}", "{a}b", "{a}}"],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="array literal"):
        parse_array(text)
