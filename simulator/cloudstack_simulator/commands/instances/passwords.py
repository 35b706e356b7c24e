"""Passwords of instances whose templates take one."""

from __future__ import annotations

import base64
import secrets
import string

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ...call import Call
from ...errors import InvalidParameter
from ...model.instances import Instance

DEPLOYING = "deployvm"
"""Detail of an instance that has never run."""
LETTERS = string.ascii_lowercase + string.digits


def new(call: Call) -> str:
    """The password that the call gives, else a random one."""
    length = int(call.setting("vm.password.length") or 6)
    return call.params.password or "".join(secrets.choice(LETTERS) for _place in range(length))


def of_first_start(call: Call, vm: Instance) -> dict[str, str]:
    """What the answer of an instance's first start says of its password."""
    template = call.db.templates.get(vm.template_id)
    if DEPLOYING not in vm.details or template is None or not template.password_enabled:
        return {}
    vm.password = new(call)
    if " " in vm.password:
        raise InvalidParameter("A valid password for this virtual machine was not provided.")
    keep_encrypted(vm, vm.password)
    return {"password": vm.password}


def keep_encrypted(vm: Instance, password: str) -> None:
    """For getVMPassword: readable with the private key of the instance's (first) RSA pair."""
    public = (vm.details.get("SSH.PublicKey") or "").partition("\n")[0]
    if not public.startswith("ssh-rsa"):
        return
    key = serialization.load_ssh_public_key(public.encode())
    if isinstance(key, rsa.RSAPublicKey):
        vm.details["Encrypted.Password"] = base64.b64encode(key.encrypt(password.encode(), padding.PKCS1v15())).decode()
