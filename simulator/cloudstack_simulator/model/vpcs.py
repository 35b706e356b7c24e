"""VPCs, their access lists, gateways and site-to-site VPNs."""

from __future__ import annotations

from ..tables import Row, entity, fresh
from ..wording import printed


@entity("vpcs", "Vpc", indexes=("zone_id", "account_id", "offering_id"))
class Vpc(Row):
    name: str
    display_text: str
    zone_id: int
    account_id: int
    offering_id: int
    cidr: str
    network_domain: str | None = None
    state: str = "Enabled"
    display: bool = True
    redundant: bool = False
    restart_required: bool = False
    dns1: str | None = None
    dns2: str | None = None
    public_mtu: int = 1500

    def __str__(self) -> str:
        return f'VPC {{"id":{self.id},"name":"{self.name}","uuid":"{self.uuid}"}}'


@entity("network_acls", "NetworkACL", indexes=("vpc_id", "name"))
class NetworkAcl(Row):
    name: str
    description: str | None = None
    vpc_id: int | None = None
    """None for global lists, the two built-in ones among them."""
    display: bool = True

    def __str__(self) -> str:
        return printed("Network ACL", id=self.id, name=self.name, uuid=self.uuid, vpcId=self.vpc_id or 0)


@entity("network_acl_items", "NetworkACLItem", indexes=("acl_id",))
class NetworkAclItem(Row):
    acl_id: int
    number: int
    protocol: str | None
    action: str = "Allow"
    traffic_type: str = "Ingress"
    state: str = "Active"
    start_port: int | None = None
    end_port: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    cidrs: list[str] | None = fresh(list)
    display: bool = True
    reason: str | None = None


@entity("private_gateways", "PrivateGateway", indexes=("vpc_id",))
class PrivateGateway(Row):
    vpc_id: int
    zone_id: int
    account_id: int
    physical_network_id: int
    network_id: int
    address: str
    gateway: str
    netmask: str
    vlan: str | None
    acl_id: int
    source_nat: bool = False
    state: str = "Ready"
    associated_network_id: int | None = None
    """The network whose VLAN it is on, when the gateway has none of its own."""

    def __str__(self) -> str:
        return printed("VpcGateway", id=self.id, ip4Address=self.address, uuid=self.uuid, vpcId=self.vpc_id)


@entity("static_routes", "StaticRoute", indexes=("vpc_id", "gateway_id"))
class StaticRoute(Row):
    vpc_id: int
    account_id: int
    cidr: str
    gateway_id: int | None = None
    next_hop: str | None = None
    state: str = "Active"


@entity("vpn_gateways", "Site2SiteVpnGateway", indexes=("vpc_id", "account_id"))
class VpnGateway(Row):
    vpc_id: int
    account_id: int
    ip_id: int
    display: bool = True


@entity("vpn_customer_gateways", "Site2SiteCustomerGateway", indexes=("account_id", "name"))
class VpnCustomerGateway(Row):
    name: str
    account_id: int
    gateway: str
    cidrs: str
    preshared_key: str
    ike_policy: str
    esp_policy: str
    ike_lifetime: int = 86400
    esp_lifetime: int = 3600
    dpd: bool = False
    force_encap: bool = False
    split_connections: bool = False
    ike_version: str = "ike"

    def __str__(self) -> str:
        return f'Site2SiteCustomerGateway {{"id":{self.id},"name":"{self.name}","uuid":"{self.uuid}"}}'


@entity("vpn_connections", "Site2SiteVpnConnection", indexes=("gateway_id", "customer_gateway_id"))
class VpnConnection(Row):
    gateway_id: int
    customer_gateway_id: int
    account_id: int
    passive: bool = False
    state: str = "Connecting"
    display: bool = True
