"""LDAP: there is no directory to talk to, so nothing can be configured."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import ParameterError, ServerApiError
from ...registry import command

REFUSED = "com.cloud.exception.InvalidParameterValueException: "


@command("listLdapConfigurations", "listLdapUsers")
def list_nothing(_call: Call) -> dict[str, Any]:
    return {}


@command("addLdapConfiguration")
def add_ldap_configuration(_call: Call) -> dict[str, Any]:
    raise ServerApiError(530, REFUSED + "Unable to bind to the given LDAP server")


@command("deleteLdapConfiguration")
def delete_ldap_configuration(call: Call) -> dict[str, Any]:
    raise ServerApiError(530, f"{REFUSED}Cannot find configuration with hostname {call.params.hostname}")


@command("linkDomainToLdap", "linkAccountToLdap")
def link_to_ldap(call: Call) -> dict[str, Any]:
    domain = call.params.domainid
    raise ParameterError(f"can not link a domain (with id = {domain.id}) unless a basedn (null) is configured for it.")
