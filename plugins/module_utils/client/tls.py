# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS contexts: made once, shared by all connections and, made before a fork, by all workers."""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path

from .errors import InvalidInput

try:
    import certifi
except ImportError:
    certifi = None  # type: ignore[assignment]


def shared_context(verify: bool = True, ca_file: str | None = None) -> ssl.SSLContext:
    """The context for these two settings. Loading the system's authorities takes 20 ms: call it before a fork.

    Raises InvalidInput when ``ca_file`` cannot be used.
    """
    return _made_once(verify, ca_file if verify else None)


@lru_cache(maxsize=16)
def _made_once(verify: bool, ca_file: str | None) -> ssl.SSLContext:
    if not verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if ca_file is not None:
        return _with_file(ca_file)
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if certifi is not None and not (paths.cafile or paths.capath):
        context.load_verify_locations(certifi.where())
    return context


def _with_file(ca_file: str) -> ssl.SSLContext:
    path = Path(ca_file).expanduser()
    try:
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise InvalidInput(
            f"ca_file {ca_file} cannot be used: {why}",
            option="ca_file",
            value=ca_file,
            remedy="give a PEM file with the certificates of the authorities to trust",
        ) from None
