"""The port of a local page."""

import socket

from genlab.errors import InputError

HOST, LAST = "127.0.0.1", 65535


def check_port(
    port: int,
    choice: str,  # how to choose another port: the option up to its value, "make ui PORT="
) -> None:
    """Check that a page can be served at a port of this machine.

    Raises:
        InputError: the number is no port, or another program uses the port.
    """
    if not 1 <= port <= LAST:
        raise InputError(f"Port {port}: expected a whole number from 1 to {LAST}: {choice}5050.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            other = port % LAST + 1
            raise InputError(f"Port {port} of {HOST} is taken ({error.strerror}). Choose another one: {choice}{other}.") from None
