"""An SSH server that lets a user in by password and does nothing else."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko

KEY = paramiko.RSAKey.generate(2048)


class _Doorkeeper(paramiko.ServerInterface):
    def __init__(self, lets_in: Callable[[str, str], bool], methods: str) -> None:
        self._lets_in, self._methods = lets_in, methods

    def check_auth_password(self, username: str, password: str) -> int:
        return paramiko.AUTH_SUCCESSFUL if self._lets_in(username, password) else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return self._methods


@contextlib.contextmanager
def listening(lets_in: Callable[[str, str], bool], methods: str = "password") -> Iterator[str]:
    """``127.0.0.1:port`` of a server on the loopback."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        stopped = threading.Event()

        def serve() -> None:
            while not stopped.is_set():
                with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
                    transport = paramiko.Transport(door.accept()[0])
                    transport.add_server_key(KEY)
                    transport.start_server(event=threading.Event(), server=_Doorkeeper(lets_in, methods))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{door.getsockname()[1]}"
        finally:
            stopped.set()
            with contextlib.suppress(OSError), socket.create_connection(door.getsockname(), timeout=1):
                pass


def write_known_hosts(path: Path, places: list[str]) -> str:
    """A file that knows the servers' key."""
    keys = paramiko.HostKeys()
    for place in places:
        host, _colon, port = place.rpartition(":")
        keys.add(f"[{host}]:{port}", KEY.get_name(), KEY)
    keys.save(str(path))
    return str(path)
