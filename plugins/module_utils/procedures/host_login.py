# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a machine takes a password, by logging in over SSH and nothing else."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from ..client import InvalidInput

try:
    import paramiko
except ImportError:
    paramiko = None

# Its threads would write what went wrong to the screen, though it is told as an error of the task.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

TIMEOUT = 15.0
"""Seconds for each of connection, banner and login."""


@dataclass(frozen=True)
class Login:
    """Where and how to log in.

    strict: only to a machine whose key is known, because the password is shown to it.
    """

    address: str
    port: int
    username: str
    strict: bool = True
    known_hosts: str = ""


def takes_password(login: Login, password: str) -> bool:
    """Whether the machine lets the user in with this password.

    Raises InvalidInput where that cannot be known: nobody answers, its key is unknown, it takes no passwords at all.
    """
    if paramiko is None:
        raise InvalidInput(
            "the Python library paramiko is missing on the controller",
            option="probe",
            remedy="install paramiko, or set probe to none",
        )
    client = _client(login)
    try:
        client.connect(
            login.address, login.port, login.username, password, allow_agent=False, look_for_keys=False,
            timeout=TIMEOUT, banner_timeout=TIMEOUT, auth_timeout=TIMEOUT,
        )  # fmt: skip
    except paramiko.BadAuthenticationType:
        raise _unknown(login, "it takes no passwords over SSH") from None
    except paramiko.AuthenticationException:
        return False
    except (paramiko.SSHException, OSError) as error:
        raise _unknown(login, str(error) or type(error).__name__) from None
    finally:
        client.close()
    return True


def _client(login: Login) -> Any:
    client = paramiko.SSHClient()
    client.load_system_host_keys()
    if login.known_hosts:
        try:
            client.load_host_keys(login.known_hosts)
        except OSError as error:
            raise InvalidInput(
                f"known_hosts {login.known_hosts} cannot be read: {error.strerror}",
                option="known_hosts",
                remedy="give a file of host keys",
            ) from None
    client.set_missing_host_key_policy(paramiko.RejectPolicy() if login.strict else paramiko.AutoAddPolicy())
    return client


def _unknown(login: Login, why: str) -> InvalidInput:
    return InvalidInput(
        f"{login.address} port {login.port} cannot be asked whether it takes the password: {why}",
        option="probe",
        remedy="say with probe_addresses where it is reached, or set probe to none",
    )
