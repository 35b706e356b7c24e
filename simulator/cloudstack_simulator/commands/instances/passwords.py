"""Passwords of instances whose templates take one."""

from __future__ import annotations

import secrets
import string

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
    return {"password": vm.password}
