"""The port of a local page."""

import errno
import socket

from genlab.errors import InputError

HOST, LAST = "127.0.0.1", 65535


def check_port(
    port: int,
    choice: str,  # how to choose another port: the option up to its value, "make ui PORT="
    host: str = HOST,  # an address of this machine
) -> None:
    """Check that a page can be served at a port of this machine.

    Raises:
        InputError: the number is no port, another program uses the port, or the machine has no such address.
    """
    if not 1 <= port <= LAST:
        raise InputError(f"Port {port}: expected a whole number from 1 to {LAST}: {choice}5050.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                raise InputError(f"Host '{host}': this machine has no such address. Use {HOST}, or 0.0.0.0 for all addresses.") from None
            other = port % LAST + 1
            raise InputError(f"Port {port} of {host} is taken ({error.strerror}). Choose another one: {choice}{other}.") from None
