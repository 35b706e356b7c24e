# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SSH key pairs. A private key is made where the task runs and never leaves that machine."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row
from .owned import OWNER, PROJECT_PARENT, check_owner, owner_parameters

try:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
except ImportError:
    serialization = None  # type: ignore[assignment]

RSA_BITS = 4096


def fingerprint(public_key: str) -> str:
    """The fingerprint as the server tells it: MD5 of the key, in pairs of digits. Raises InvalidInput."""
    parts = public_key.split()
    try:
        if len(parts) < 2:
            raise ValueError
        key = base64.b64decode(parts[1], validate=True)
    except (ValueError, binascii.Error):
        raise InvalidInput(
            "public_key is no OpenSSH public key",
            option="public_key",
            remedy="give the content of a file such as id_ed25519.pub",
        ) from None
    digest = hashlib.md5(key, usedforsecurity=False).hexdigest()
    return ":".join(digest[place : place + 2] for place in range(0, len(digest), 2))


def _validate(given: Mapping[str, Any]) -> None:
    check_owner(given)
    if given.get("public_key"):
        fingerprint(given["public_key"])


def _check_wish(ctx: Any, row: Row | None) -> None:
    if ctx.state == "absent":
        return
    file = _file(ctx)
    if file is None:
        if row is None and not ctx.given.get("public_key"):
            raise InvalidInput(
                f"{ctx.name} does not exist, and registering it needs public_key or private_key_file",
                option="public_key",
                obj=ctx.name,
                remedy="give one of them, or check the name",
            )
        return
    _need_library()
    if file.exists():
        ctx.given["public_key"] = _public(_read(file))
    elif row is not None:
        raise InvalidInput(
            f"{ctx.name} exists, but its private key is not in {file}",
            option="private_key_file",
            obj=ctx.name,
            remedy="give the file that has it, or remove the key pair (state=absent) to have a new one made",
        )
    elif not file.parent.is_dir():
        raise InvalidInput(
            f"there is no folder {file.parent}", option="private_key_file", obj=ctx.name, remedy="make it first"
        )


def _file(ctx: Any) -> Path | None:
    return Path(ctx.given["private_key_file"]).expanduser() if ctx.given.get("private_key_file") else None


def _need_library() -> None:
    if serialization is None:
        raise InvalidInput(
            "the Python library cryptography is missing",
            option="private_key_file",
            remedy="install cryptography for the Python that runs the task, or give public_key",
        )


def _read(file: Path) -> Any:
    try:
        return serialization.load_ssh_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise InvalidInput(
            f"{file} holds no private key that can be read ({type(error).__name__})",
            option="private_key_file",
            remedy="give an OpenSSH private key without a passphrase, or a file that is not there yet",
        ) from None


def _public(key: Any) -> str:
    kind = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return str(key.public_key().public_bytes(*kind).decode())


def _before_create(ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    """The key is on disk before the server hears of it, so a run that is cut off loses none."""
    file = _file(ctx)
    if file is not None and not ctx.given.get("public_key"):
        ctx.given["public_key"] = _make(file, ctx.given["key_type"])
    return {**params, "publickey": ctx.given["public_key"]}


def _make(file: Path, kind: str) -> str:
    key: Any = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, RSA_BITS)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    # Nobody else can read it at any moment, and a file that appeared meanwhile is not overwritten.
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(text)
    return _public(key)


def _before_delete(ctx: Any, row: Row) -> Mapping[str, Any]:
    owner = owner_parameters(ctx)
    if not owner and row.get("account"):
        owner = {"account": row["account"], "domainid": row.get("domainid")}
    return owner


SSH_KEY_PAIR = Resource(
    name="ssh_key_pair",
    noun="SSH key pair",
    summary="Manage SSH key pairs",
    description=(
        "Registers and removes SSH keys that instances get.",
        "With O(private_key_file) a new private key is made where the task runs; only its public half is sent.",
    ),
    notes=(
        "No private key is in a result, and none travels: the server is never asked to make a key.",
        "Instances keep the keys that they were made with; M(cloudstack.ops.instance) takes others when stopped.",
    ),
    exported=False,
    commands=Commands(
        list="listSSHKeyPairs",
        create="registerSSHKeyPair",
        delete="deleteSSHKeyPair",
        fixed={"list": {"listall": True}},
        parents=PROJECT_PARENT,
        id="name",
        id_field="name",
    ),
    scope=("domain", "account", "project"),
    unique=True,
    options=(
        Option("name", help="Name of the key pair. Case counts.", required=True),
        replace(OWNER[0], name_field="", by_name=False),
        *OWNER[1:],
        Option(
            "public_key",
            help="The key in OpenSSH's form. The server tells its fingerprint, by which it is compared.",
            api="publickey",
            field="",
            decode=lambda row: row.get("fingerprint"),
            equal=lambda want, have: fingerprint(want) == have,
            export=False,
        ),
        Option(
            "private_key_file",
            help=(
                "Path of the private key on the machine that runs the task. Where there is none, one is made there,",
                "readable by its owner alone. The key must have no passphrase.",
            ),
            behaviour=True,
        ),
        Option(
            "key_type",
            help="Kind of key that is made.",
            choices=("ed25519", "rsa"),
            default="ed25519",
            behaviour=True,
        ),
    ),
    validate=_validate,
    check_wish=_check_wish,
    before_create=_before_create,
    before_delete=_before_delete,
)

RESOURCES = (SSH_KEY_PAIR,)
