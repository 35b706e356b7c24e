"""LDAP: there is no directory to talk to, so no server of one can be configured; links to its groups can be noted."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, JavaError, ParameterError, ServerApiError
from ...model.tenants import Account, Domain
from ...registry import command
from .accounts import ROLE_TYPES, TYPE_ROLES

BASE = "ldap.basedn"
KINDS = ("GROUP", "OU")
NO_GROUP = "ldapDomain cannot be empty, please supply a GROUP or OU name"
REFUSED = "com.cloud.exception.InvalidParameterValueException: "


@command("listLdapConfigurations", "listLdapUsers", "searchLdap", "importLdapUsers")
def list_nothing(_call: Call) -> dict[str, Any]:
    return {}


@command("addLdapConfiguration")
def add_ldap_configuration(_call: Call) -> dict[str, Any]:
    raise ServerApiError(530, REFUSED + "Unable to bind to the given LDAP server")


@command("ldapConfig")
def configure_the_old_way(call: Call) -> dict[str, Any]:
    p = call.params
    if p.listall:
        return {}
    if p.hostname is None:
        raise InvalidParameter("You need to provide hostname, port to configure your LDAP server")
    if p.port is None:
        raise JavaError(None)
    raise InvalidParameter("Unable to bind to the given LDAP server")


@command("ldapRemove")
def remove_the_old_way(_call: Call) -> dict[str, Any]:
    """There is no configuration that could be removed, and that is fine."""
    return {"ldapremove": {}}


@command("ldapCreateAccount")
def create_account_of_ldap(call: Call) -> dict[str, Any]:
    raise ServerApiError(534, f"No LDAP user exists with the username of {call.params.username}")


@command("deleteLdapConfiguration")
def delete_ldap_configuration(call: Call) -> dict[str, Any]:
    host = call.params.hostname
    if not host:
        raise ServerApiError(530, f"{REFUSED}Either id or hostname must be specified")
    raise ServerApiError(530, f"{REFUSED}Cannot find configuration with hostname {host}")


def _link_kind(word: str) -> str:
    if word.upper() not in KINDS:
        raise ParameterError(f"No enum constant org.apache.cloudstack.ldap.LdapManager.LinkType.{word.upper()}")
    return word.upper()


@command("linkDomainToLdap")
def link_domain_to_ldap(call: Call) -> dict[str, Any]:
    """A link only notes the group: nobody is looked up in the directory before the first login."""
    p, domain = call.params, call.params.domainid
    if call.setting(BASE, domain) is None:
        raise ParameterError(
            f"can not link a domain (with id = {domain.id}) unless a basedn (null) is configured for it."
        )
    group = p.name if p.ldapdomain is None else p.ldapdomain
    if not group:
        raise ParameterError(NO_GROUP)
    if p.accounttype not in (0, 2):
        raise ParameterError("accountype should be either 0(normal user) or 2(domain admin)")
    kind = _link_kind(p.type)
    if domain.ldap_group is not None:
        raise ServerApiError(530, "Entity already exists ")
    domain.ldap_group = group
    shown = {"domainid": domain.uuid, "name": group, "ldapdomain": group, "type": kind, "accounttype": p.accounttype}
    return {"LinkDomainToLdap": shown}


@command("linkAccountToLdap")
def link_account_to_ldap(call: Call) -> dict[str, Any]:
    """Links an account to a group; a name that is no account yet becomes one, without users."""
    p, db, domain = call.params, call.db, call.params.domainid
    if call.setting(BASE, domain) is None:
        raise ParameterError("can not link an account to ldap in a domain for which no basdn is configured")
    if not p.account:
        raise ParameterError("accountName cannot be empty.")
    if not p.ldapdomain:
        raise ParameterError(NO_GROUP)
    if p.type is None:
        raise ParameterError("type cannot be null. It should either be GROUP or OU")
    if not p.roleid and p.accounttype not in TYPE_ROLES:
        raise ParameterError("Either account type or role ID must be given")
    role = p.roleid or db.roles.the(name=TYPE_ROLES[p.accounttype])
    account_type, kind = ROLE_TYPES[role.role_type], _link_kind(p.type)
    account = next((a for a in db.accounts.where(domain_id=domain.id) if a.name == p.account), None)
    if account is None:
        account = db.accounts.add(
            Account(name=p.account, domain_id=domain.id, account_type=account_type, role_id=role.id)
        )
    _check_group(call, domain, account)
    if account.ldap_group is not None:
        raise ServerApiError(530, "Entity already exists ")
    account.ldap_group = p.ldapdomain
    shown = {"domainid": domain.uuid, "ldapdomain": p.ldapdomain, "type": kind, "accounttype": account_type}
    return {"linkAccountToLdap": shown | {"accountid": account.uuid, "account": account.name}}


def _check_group(call: Call, domain: Domain, account: Account) -> None:
    """One group of the directory serves one account of a domain, or the domain itself."""
    group = call.params.ldapdomain
    for other in call.db.accounts.where(domain_id=domain.id):
        if other is not account and other.ldap_group == group:
            raise CloudRuntime(
                f"group {group} is mapped to account {other.id} in the current domain ({domain.id}), "
                "delete the old map before mapping a new account to the same group."
            )
    if domain.ldap_group == group:
        raise CloudRuntime(
            f"group {group} is mapped to the current domain ({domain.id}) for autoimport "
            "and can not be used for autosync"
        )
