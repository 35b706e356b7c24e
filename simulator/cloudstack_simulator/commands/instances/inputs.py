"""What several commands about instances take: user data, keys, affinity groups, instance groups."""

from __future__ import annotations

import base64
import re
from typing import Any

from ...access import in_domain
from ...call import Call
from ...errors import CloudRuntime, IllegalArgument, InvalidParameter, PermissionDenied
from ...hash_order import in_hash_order
from ...model.instances import Instance, InstanceGroup
from ...parameters import flat_map

HEX = "0123456789abcdefABCDEF"
BASE64 = re.compile(r"[A-Za-z0-9+/\-_=\s]*")
LONGEST = {"GET": 4096, "POST": 1 << 20}
"""Letters of user data that a request of each verb stays below."""
URL_SAFE = str.maketrans("-_", "+/")


def decode_url(text: str) -> str:
    """What the server's URL decoding says of the text (it refuses bad escapes); `+` stays a plus sign."""
    index = text.find("%")
    while index >= 0:
        if index + 2 >= len(text):
            raise IllegalArgument("URLDecoder: Incomplete trailing escape (%) pattern")
        pair = text[index + 1 : index + 3]
        wrong = next((n for n, c in enumerate(pair) if c not in HEX), None)
        if wrong is not None:
            raise IllegalArgument(
                f'URLDecoder: Illegal hex characters in escape (%) pattern - Error at index {wrong} in: "{pair}"'
            )
        text = text[:index] + chr(int(pair, 16)) + text[index + 3 :]
        index = text.find("%", index + 1)
    return text


def user_data(call: Call, text: str | None) -> str | None:
    """Checked user data in base64, None without any. It may come without padding and with white space in it."""
    if not text:
        return None
    decoded = decode_url(text)
    if BASE64.fullmatch(decoded) is None:
        raise InvalidParameter("User data is not base64 encoded")
    _check_length(call, decoded)
    letters = re.sub(r"[\s=]", "", decoded).translate(URL_SAFE)
    content = base64.b64decode(letters[: len(letters) - (len(letters) % 4 == 1)] + "===")
    if not content:
        raise InvalidParameter("User data is too short")
    return base64.b64encode(content).decode()


def _check_length(call: Call, text: str) -> None:
    """Refuse what is too long for the request's verb, or for the setting."""
    method = "GET" if call.method == "GET" else "POST"
    if len(text) >= LONGEST[method]:
        raise InvalidParameter(f"User data is too long for an http {method} request")
    most = call.setting("vm.userdata.max.length")
    if len(text) > most:
        raise InvalidParameter(f"User data has exceeded configurable max length : {most}")


def finalize_user_data(call: Call, template: Any) -> tuple[str | None, int | None]:
    """(text, number of the registered user data) that the call gives, as the template's own user data lets it."""
    text, number = _given_user_data(call)
    own = call.db.user_data.get(template.user_data_id) if template is not None else None
    if own is None:
        return text, number
    if template.user_data_policy == "DENYOVERRIDE" and text is not None:
        raise CloudRuntime(
            f"UserData input is not allowed here since template {template.name} is configured to deny any userdata"
        )
    if text is None or template.user_data_policy != "APPEND":
        return text or own.text, number
    both = base64.b64decode(own.text) + base64.b64decode(text)
    return base64.b64encode(both).decode(), number


def user_data_details(call: Call) -> str | None:
    """Values for the parameters of the user data, in the form the server keeps them in."""
    given = flat_map(call.params.userdatadetails)
    return "{" + ", ".join(f"{name}={given[name]}" for name in in_hash_order(given)) + "}" if given else None


def give_user_data(call: Call, vm: Instance, template: Any) -> None:
    """User data as the call and the template want it."""
    vm.user_data, vm.user_data_id = finalize_user_data(call, template)
    vm.user_data_details = user_data_details(call)


def _given_user_data(call: Call) -> tuple[str | None, int | None]:
    p = call.params
    if p.userdata and p.userdataid is not None:
        raise InvalidParameter("Both userdata and userdata ID inputs are not allowed, please provide only one")
    if p.userdataid is not None:
        if not p.userdataid or p.userdataid.removed is not None:
            raise InvalidParameter("Unable to find UserData by id")
        return p.userdataid.text, p.userdataid.id
    return user_data(call, p.userdata), None


def key_pairs(call: Call, account_id: int) -> list[Any]:
    """The key pairs that `keypair` and `keypairs` name, all of them the owner's."""
    p = call.params
    names = list(p.keypairs or [])
    if p.keypair:
        names.append(p.keypair)
    found = [call.db.ssh_keys.first(account_id=account_id, name=name) for name in names]
    if any(pair is None for pair in found):
        raise InvalidParameter("Not all specified keypairs exist")
    return found


def keep_keys(vm: Instance, pairs: list[Any]) -> None:
    vm.details["SSH.PublicKey"] = "\n".join(p.public_key for p in pairs)
    vm.details["SSH.KeyPairNames"] = ",".join(p.name for p in pairs)


def refuse_two_ways(call: Call) -> None:
    p = call.params
    if p.affinitygroupids is not None and p.affinitygroupnames is not None:
        raise InvalidParameter("affinitygroupids parameter is mutually exclusive with affinitygroupnames parameter")


def affinity_groups_named(call: Call, owner: Any, unknown: str) -> list[Any]:
    """The owner's affinity groups of the names in the call."""
    groups = []
    for name in call.params.affinitygroupnames or []:
        group = call.db.affinity_groups.first(account_id=owner.id, name=name) if owner is not None else None
        if group is None:
            raise InvalidParameter(unknown.format(name=name, account=getattr(owner, "id", 1)))
        groups.append(group)
    return groups


def check_affinity_groups(call: Call, owner: Any, groups: list[Any], unknown: str) -> None:
    """Refuse groups that are none (`unknown` is the text for them) or that the owner's instances may not be in."""
    for group in groups:
        if not group or group.removed is not None:
            raise InvalidParameter(unknown.format(id=group.id))
        if group.acl_type == "Domain":
            if not in_domain(call.db, owner.domain_id, group.domain_id):
                raise PermissionDenied(f"Affinity Group {group} does not belong to the VM's domain")
            continue
        call.check_access(group)
        if group.account_id != owner.id:
            raise PermissionDenied(f"Affinity Group {group} does not belong to the VM's account")


def affinity_groups(call: Call, owner: Any) -> list[int]:
    """Numbers of the affinity groups that a deployment names."""
    refuse_two_ways(call)
    groups = affinity_groups_named(call, owner, "Unable to find affinity group by name {name}")
    groups += call.params.affinitygroupids or []
    check_affinity_groups(call, owner, groups, "Unable to find affinity group null")
    return [g.id for g in groups]


def security_groups(call: Call, account_id: int) -> list[int] | None:
    """Numbers of the security groups that the call names, None when it names none."""
    p = call.params
    if p.securitygroupids is not None and p.securitygroupnames is not None:
        raise InvalidParameter("securitygroupids parameter is mutually exclusive with securitygroupnames parameter")
    if p.securitygroupnames is not None:
        return [_group_named(call, account_id, name).id for name in p.securitygroupnames]
    if p.securitygroupids is None:
        return None
    for group in p.securitygroupids:
        if not group or group.removed is not None:
            raise InvalidParameter(f"Unable to find security group by id {group.id}")
        call.check_access(group)
    return [group.id for group in p.securitygroupids]


def _group_named(call: Call, account_id: int, name: str) -> Any:
    group = call.db.security_groups.first(account_id=account_id, name=name)
    if group is None:
        raise InvalidParameter(f"Unable to find group by name {name}")
    return group


def put_in_group(call: Call, vm: Instance, name: str) -> None:
    """Put an instance into the owner's group of that name, made when there is none; an empty name takes it out."""
    if not name:
        vm.group_id = None
        return
    group = call.db.instance_groups.first(account_id=vm.account_id, name=name)
    if group is None:
        group = call.db.instance_groups.add(InstanceGroup(name=name, account_id=vm.account_id))
    vm.group_id = group.id
