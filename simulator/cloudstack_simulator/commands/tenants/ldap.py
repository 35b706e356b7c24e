"""LDAP: there is no directory to talk to, so nothing can be configured."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter, JavaError, ParameterError, ServerApiError
from ...registry import command

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
    raise ServerApiError(530, f"{REFUSED}Cannot find configuration with hostname {call.params.hostname}")


@command("linkDomainToLdap", "linkAccountToLdap")
def link_to_ldap(call: Call) -> dict[str, Any]:
    domain = call.params.domainid
    raise ParameterError(f"can not link a domain (with id = {domain.id}) unless a basedn (null) is configured for it.")
