"""Which commands a role may call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import contract

if TYPE_CHECKING:
    from .call import Caller
    from .model.tenants import Role
    from .simulator import Simulator

ALWAYS = frozenset({"login", "logout"})
LETTERS = {"Admin": "A", "ResourceAdmin": "R", "DomainAdmin": "D", "User": "U"}
"""How facts/commands.json writes the types of roles that may call a command. With an A among them the command itself
names them; otherwise they only follow from the rules of the default roles."""


def is_allowed(sim: Simulator, caller: Caller, command: str) -> bool:
    """The role's first rule that fits decides; where none does, the command is for the types of roles it names."""
    role = caller.role
    if role is None:
        return False
    if role.role_type == "Admin" and role.is_default and role.name == "Root Admin":
        return True
    return command in ALWAYS or allowed_by_rules(sim, role, command)


def allowed_by_rules(sim: Simulator, role: Role, command: str) -> bool:
    rules = sorted(sim.db.role_permissions.where(role_id=role.id), key=lambda rule: rule.sort_order)
    for rule in rules:
        if re.fullmatch(rule.rule.replace("*", r"\w*"), command, re.IGNORECASE):
            return rule.permission == "allow"
    fact = contract.commands().get(command)
    return fact is not None and "A" in fact.roles and LETTERS.get(role.role_type, "-") in fact.roles


def allowed_commands(sim: Simulator, role: Role) -> frozenset[str]:
    """All commands that a role may call, of those whose roles are known."""
    known = {name: fact for name, fact in contract.commands().items() if fact.roles}
    if role.role_type == "Admin" and role.is_default and role.name == "Root Admin":
        return frozenset(known)
    rules = sorted(sim.db.role_permissions.where(role_id=role.id), key=lambda rule: rule.sort_order)
    named: dict[str, int] = {}
    for number, rule in enumerate(rules):
        named.setdefault(rule.rule.lower(), number)
    wide = [
        (number, re.compile(rule.rule.replace("*", r"\w*"), re.IGNORECASE))
        for number, rule in enumerate(rules)
        if "*" in rule.rule
    ]
    allowed = set()
    for name, fact in known.items():
        fitting = [number for number, pattern in wide if pattern.fullmatch(name)]
        first = min([*fitting, named.get(name.lower(), len(rules))])
        if first < len(rules):
            given = rules[first].permission == "allow"
        else:
            given = "A" in fact.roles and LETTERS.get(role.role_type, "-") in fact.roles
        if given:
            allowed.add(name)
    return frozenset(allowed)
