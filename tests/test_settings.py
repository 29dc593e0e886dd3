import pytest

from dvdrental.errors import SettingsError
from dvdrental.local.notebook import DbUtils
from dvdrental.names import ident, literal, schema_ident
from dvdrental.settings import Settings

HOSTILE = [
    "",
    "a b",
    "victim; DROP TABLE victim",
    "victim UNION ALL SELECT 1",
    "a`b",
    "text.`/etc/hostname`",
    "a.b",
    "1a",
    "a\n",
    "ä",
    "x" * 129,
    "../x",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("field", ["catalog", "bronze_schema", "ops_schema", "namespace"])
def test_promise_20_hostile_name_is_refused(field: str, name: str) -> None:
    with pytest.raises(SettingsError):
        Settings(**{field: name})


@pytest.mark.parametrize("field", ["catalog", "silver_schema", "namespace", "landing"])
def test_name_that_is_refused_is_told_with_its_parameter(field: str) -> None:
    with pytest.raises(SettingsError, match=rf"\A{field}: 'a-;' is not a plain name"):
        Settings(**{field: "a-;"})


@pytest.mark.parametrize("run_id", ["", "a b", "a/b", "..", "x" * 65])
def test_hostile_run_id_is_refused(run_id: str) -> None:
    with pytest.raises(SettingsError, match="run_id"):
        Settings(run_id=run_id)


@pytest.mark.parametrize("landing", ["", "a.b.c", "a;b", "a.", "a.b c"])
def test_promise_20_hostile_landing_is_refused(landing: str) -> None:
    with pytest.raises(SettingsError):
        Settings(landing=landing)


@pytest.mark.parametrize(
    "path", ["", "relative/x", "/a/../b", "/a*", "/a?", "/a[b]", "/{a,b}", "/a\nb", "s3://bucket/x"]
)
def test_hostile_path_is_refused(path: str) -> None:
    with pytest.raises(SettingsError, match="staging: use an absolute path"):
        Settings(staging=path)


@pytest.mark.parametrize("rebuild", ["", "Yes", "true", "1"])
def test_rebuild_is_yes_or_no(rebuild: str) -> None:
    with pytest.raises(SettingsError, match="rebuild: use yes or no"):
        Settings(rebuild=rebuild)


@pytest.mark.parametrize("percent", ["", "-1", "101", "x", "5.5"])
def test_percentage_out_of_range_is_refused(percent: str) -> None:
    with pytest.raises(SettingsError, match="max_delete_percent"):
        Settings(max_delete_percent=percent)


def test_message_says_what_to_do_and_is_short() -> None:
    with pytest.raises(SettingsError) as error:
        Settings(gold_schema="x; DROP TABLE y " * 50)
    assert "use letters, digits and underscores only" in str(error.value)
    assert len(str(error.value)) < 150


def test_landing_may_be_in_another_catalog() -> None:
    assert Settings(catalog="here", landing="raw").landing_schema == ("here", "raw")
    assert Settings(catalog="here", landing="there-1.raw").landing_schema == ("there-1", "raw")


def test_widgets_are_declared_with_their_defaults_and_parameters_win() -> None:
    settings = Settings.from_widgets(DbUtils({"catalog": "mine"}))
    assert settings == Settings(catalog="mine")


def test_identifier_is_quoted_part_by_part() -> None:
    assert ident("my-catalog", "s", "t") == "`my-catalog`.`s`.`t`"
    assert schema_ident("my-catalog", "s") == "`my-catalog`.`s`"
    assert literal("it's \\") == "'it\\'s \\\\'"
