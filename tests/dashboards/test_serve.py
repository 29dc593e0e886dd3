"""Where the dashboard is served."""

import socket

from dvdrental.local.preset.serve import free_port


def test_port_that_another_program_has_is_left_to_it() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]
        assert free_port(taken) not in (0, taken)
    assert free_port(taken) == taken
