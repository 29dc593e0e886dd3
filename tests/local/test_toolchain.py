import pytest

from dvdrental.local import toolchain


def test_java_home_of_a_parent_process_is_not_wrapped_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrapper of a wrapper would call itself for ever."""
    home = toolchain.java_home()
    script = (home / "bin" / "java").read_text()
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert toolchain.java_home() == home
    assert (home / "bin" / "java").read_text() == script
