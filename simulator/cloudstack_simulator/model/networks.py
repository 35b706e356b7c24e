"""Networks, their NICs and the rules on public addresses (the addresses themselves: addresses.py)."""

from __future__ import annotations

from ..tables import Row, entity, fresh


@entity(
    "networks",
    "Network",
    indexes=("zone_id", "account_id", "vpc_id", "traffic_type", "vlan", "state", "associated_id"),
    first_number=200,
)
class Network(Row):
    """A guest network, or one of the four system networks of a zone (traffic Public, Management, Control, Storage)."""

    name: str | None = None
    display_text: str | None = None
    traffic_type: str = "Guest"
    zone_id: int
    account_id: int
    domain_id: int
    offering_id: int
    physical_network_id: int | None = None
    guest_type: str | None = None
    """Isolated, Shared, L2; None for system networks."""
    state: str = "Allocated"
    broadcast_type: str = "Vlan"
    vlan: str | None = None
    """Number of the guest VLAN, once there is one."""
    private_vlan: str | None = None
    """Secondary VLAN and, in front of it, the first letter of its type (`i802`), where the VLAN is a private one."""
    gateway: str | None = None
    cidr: str | None = None
    network_cidr: str | None = None
    """The whole subnet, when a reservation narrows `cidr`."""
    ip6_gateway: str | None = None
    ip6_cidr: str | None = None
    dns1: str | None = None
    dns2: str | None = None
    network_domain: str | None = None
    acl_type: str | None = None
    subdomain_access: bool | None = None
    specify_ip_ranges: bool = False
    vpc_id: int | None = None
    acl_id: int | None = None
    associated_id: int | None = None
    """The network whose VLAN a shared one is in."""
    external_id: str | None = None
    display: bool = True
    restart_required: bool = False
    redundant: bool = False
    details: dict[str, str] = fresh(dict)
    public_mtu: int | None = None
    private_mtu: int | None = None
    next_mac: int = 1
    idle_since: float | None = None
    """Moment at which the collector found that no instance uses it."""

    @property
    def is_system(self) -> bool:
        return self.traffic_type != "Guest"

    @property
    def broadcast_uri(self) -> str | None:
        if self.private_vlan:
            return f"pvlan://{self.vlan}-{self.private_vlan}"
        return f"vlan://{self.vlan}" if self.vlan else None

    def __str__(self) -> str:
        return (
            f'Network {{"id": {self.id}, "name": "{self.name}", "uuid": "{self.uuid}", '
            f'"networkofferingid": {self.offering_id}}}'
        )


@entity("nics", "Nic", indexes=("vm_id", "network_id"))
class Nic(Row):
    vm_id: int
    network_id: int
    mac: str
    device_id: int = 0
    address: str | None = None
    wanted_address: str | None = None
    """Of a NIC in a shared network: the address that it shall get at the first start."""
    netmask: str | None = None
    gateway: str | None = None
    vlan: str | None = None
    """VLAN it is plugged into while the machine has a place (`vlan://N`)."""
    is_default: bool = False
    mtu: int | None = None
    dhcp_options: dict[int, str] | None = None
    """Extra DHCP options by their code, when it has some."""


@entity("nic_secondary_ips", "NicSecondaryIp", indexes=("nic_id", "network_id"))
class NicSecondaryIp(Row):
    nic_id: int
    network_id: int
    address: str


@entity(
    "firewall_rules",
    "FirewallRule",
    indexes=("ip_id", "network_id", "purpose", "account_id", "related_id", "source_network_id"),
)
class Rule(Row):
    """Firewall, egress, port forwarding and load balancer rules share one table and its numbers."""

    purpose: str
    """Firewall, PortForwarding, LoadBalancing, Vpn, StaticNat."""
    protocol: str | None
    network_id: int
    account_id: int
    ip_id: int | None = None
    start_port: int | None = None
    end_port: int | None = None
    traffic_type: str = "Ingress"
    state: str = "Active"
    source_cidrs: list[str] = fresh(list)
    destination_cidrs: list[str] = fresh(list)
    icmp_type: int | None = None
    icmp_code: int | None = None
    display: bool = True
    related_id: int | None = None
    """The rule that this firewall rule was opened for."""
    vm_id: int | None = None
    guest_address: str | None = None
    private_start: int | None = None
    private_end: int | None = None
    name: str | None = None
    description: str | None = None
    algorithm: str | None = None
    lb_protocol: str | None = None
    certificate_id: int | None = None
    scheme: str = "Public"
    """Internal: a load balancer rule on a guest address."""
    source_ip: str | None = None
    source_network_id: int | None = None
    """The guest network of `source_ip`."""

    def __str__(self) -> str:
        return (
            f'FirewallRule {{"id":{self.id},"networkId":{self.network_id},"purpose":"{self.purpose}",'
            f'"state":"{self.state}","uuid":"{self.uuid}"}}'
        )


@entity("lb_members", indexes=("rule_id", "vm_id"))
class LbMember(Row):
    rule_id: int
    vm_id: int
    address: str | None = None


@entity("lb_stickiness_policies", "LBStickiness", indexes=("rule_id",))
class StickinessPolicy(Row):
    rule_id: int
    name: str
    method: str
    params: dict[str, str] = fresh(dict)
    description: str | None = None
    display: bool = True


@entity("remote_access_vpns", "RemoteAccessVpn", indexes=("ip_id", "network_id", "vpc_id", "account_id"))
class RemoteAccessVpn(Row):
    ip_id: int
    network_id: int | None
    vpc_id: int | None
    account_id: int
    ip_range: str
    preshared_key: str
    state: str = "Running"
    display: bool = True


@entity("vpn_users", "VpnUsers", indexes=("account_id", "name"))
class VpnUser(Row):
    name: str
    account_id: int
    state: str = "Active"


@entity("network_permissions", indexes=("network_id", "account_id"))
class NetworkPermission(Row):
    """An account may use a network of another one."""

    network_id: int
    account_id: int


@entity("lb_health_checks", "LBHealthCheck")
class HealthCheckPolicy(Row):
    """No provider here has any."""
