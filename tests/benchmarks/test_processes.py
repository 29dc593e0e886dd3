"""What commands say."""

from benchmarks.processes import told


def test_what_a_command_tells_stands_between_what_others_say() -> None:
    assert told('noise\n{"gate": 5.0, "tasks": 50.0}\nJava ends\n') == {"gate": 5.0, "tasks": 50.0}
