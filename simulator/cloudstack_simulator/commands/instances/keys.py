"""SSH key pairs."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ...access import owner as finalize_owner
from ...call import Call
from ...errors import InvalidParameter
from ...listing import equal
from ...model.instances import SSHKeyPair
from ...registry import SUCCESS, command
from ..common import completed, has_notes, owner_fields
from .inputs import decode_url

KINDS = (
    "ssh-rsa",
    "ssh-dss",
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)


def key_view(call: Call, pair: SSHKeyPair) -> dict[str, Any]:
    place = {k: v for k, v in owner_fields(call, pair.account_id).items() if k != "domainpath"}
    return {
        "id": pair.uuid,
        "name": pair.name,
        **place,
        "fingerprint": pair.fingerprint,
        "hasannotations": has_notes(call, pair),
    }


def public_part(text: str) -> str | None:
    """`kind base64` of a public key, without its comment; None when it is none."""
    if "%" in text:
        text = decode_url(text)
    parts = text.split()
    if len(parts) < 2 or parts[0] not in KINDS:
        return None
    try:
        base64.b64decode(parts[1], validate=True)
    except (binascii.Error, ValueError):
        return None
    return f"{parts[0]} {parts[1]}"


def fingerprint(public: str) -> str:
    digest = hashlib.md5(base64.b64decode(public.split()[1]), usedforsecurity=False).hexdigest()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


def _new_pair() -> tuple[str, str]:
    """(private key as PEM, public key) of a new RSA pair."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private.decode(), public.decode()


@command("createSSHKeyPair")
def create(call: Call) -> dict[str, Any]:
    p = call.params
    owner = finalize_owner(call)
    if not p.name.strip():
        raise InvalidParameter("Please specify a valid name for the key pair. The key name can't be empty")
    if call.db.ssh_keys.first(account_id=owner.id, name=p.name):
        raise InvalidParameter(f"A key pair with name '{p.name}' already exists.")
    private, public = _new_pair()
    pair = call.db.ssh_keys.add(
        SSHKeyPair(name=p.name, account_id=owner.id, public_key=public, fingerprint=fingerprint(public))
    )
    completed(call, "REGISTER.SSH.KEYPAIR", "creating ssh keypair. SSH Keypair Name", pair, name=pair.name)
    return {"keypair": {"privatekey": private, **key_view(call, pair)}}


@command("registerSSHKeyPair")
def register(call: Call) -> dict[str, Any]:
    p = call.params
    owner = finalize_owner(call)
    if call.db.ssh_keys.first(account_id=owner.id, name=p.name):
        raise InvalidParameter(f"A key pair with name '{p.name}' already exists for this account.")
    public = public_part(p.publickey)
    if public is None:
        raise InvalidParameter("Public key is invalid")
    if any(k.public_key == public for k in call.db.ssh_keys.where(account_id=owner.id)):
        raise InvalidParameter(f"A key pair with key '{p.publickey}' already exists for this account.")
    pair = call.db.ssh_keys.add(
        SSHKeyPair(name=p.name, account_id=owner.id, public_key=public, fingerprint=fingerprint(public))
    )
    completed(call, "REGISTER.SSH.KEYPAIR", "registering ssh keypair. SSH Keypair Name", pair, name=pair.name)
    return {"keypair": key_view(call, pair)}


@command("listSSHKeyPairs")
def list_keys(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "sshkeypair",
        call.db.ssh_keys,
        key_view,
        where=[equal("id", p.id), equal("name", p.name), equal("fingerprint", p.fingerprint)],
        keyword=("name", "fingerprint"),
        owned=True,
        newest_first=True,
    )


@command("deleteSSHKeyPair")
def delete(call: Call) -> dict[str, Any]:
    p = call.params
    owner = finalize_owner(call)
    pair = call.db.ssh_keys.first(account_id=owner.id, name=p.name)
    if pair is None:
        raise InvalidParameter(
            f"A key pair with name '{p.name}' does not exist for account {owner.name} in specified domain id",
            uuids=((call.db.domains[owner.domain_id].uuid, "domainId"),),
        )
    call.db.ssh_keys.delete(pair)
    completed(call, "DELETE.SSH.KEYPAIR", "deleting ssh keypair. SSH Keypair Name", pair, name=pair.name)
    return SUCCESS
