# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the API's run-together field names to snake_case: ``cpunumber`` to ``cpu_number``.

A name is cut into the fewest known words; of several such cuts the one with the longest first word is taken. A name
with an unknown word in it stays as it is, so a new server field is never lost, only less pretty. In place of a list of
all names this needs no care when the server gains a field made of known words.
"""

from __future__ import annotations

import re
from functools import lru_cache

# What does not follow from cutting into words. A name stands for the object, its id has the suffix.
NAMES = {
    "zonename": "zone",
    "podname": "pod",
    "clustername": "cluster",
    "domainid": "domain_id",
    "projectname": "project",
    "physicalnetworkname": "physical_network",
    "diskofferingname": "disk_offering",
    "serviceofferingname": "service_offering",
    "templatename": "template",
    "hostname": "host_name",
    "rolename": "role",
    "networkofferingname": "network_offering",
    "vpcofferingname": "vpc_offering",
    "volumename": "volume",
    "virtualmachinename": "vm",
    "virtualmachineid": "vm_id",
    "vmname": "vm",
    "virtualmachinedisplayname": "vm_display_name",
    "oscategoryname": "os_category",
    "ostypename": "os_type",
    "hypervisortype": "hypervisor",
    "managementservername": "management_server",
    "traffictype": "traffic_type",
    "issystem": "is_system",
    "username": "username",
    "virtualmachineIds": "vm_ids",
    "supportELB": "support_elb",
    "nspid": "network_service_provider_id",
}

_VOCABULARY = """
    2fa access account accounts acl acquired action activation active activity adapter additional address
    addresses admins affected affinity agent agents alerts algorithm alias all allocated allocation allow allowed
    annotated annotation annotations api apis arch archived as asn associated async attached auto autoscale
    autoscaling availability available average averages backup backups balancer band bandwidth base base64 bcf bgp
    big bits blocked boot bootable bricked broadcast brocade bucket bus by byte bytes ca cache caller can
    capabilities capability capacity card category cert certificate certificates chain check checks checksum child
    children choose cidr cidrs class cleanup client cloud cloudstack cluster clusters cmd cni code collection
    comment common compatible completed component compression conditions conf config configuration conflicting
    connection connections conserve console content control controller conversion convert core cores count counter
    cpu create created creation creator cross csi current custom customer customizable customized cycle cycles
    daemon data datacenter datastore date db dead declared dedicated deduplication default defined delay delete
    deletion deploy deployment description dest destination destroyed details deviation device dhcp direct
    directory disable disabled disconnected disk disks display distributed distribution dns dns1 dns2 domain
    domains down download dpd driven drs duration dynamic dynamically egress elastic email enable enabled encap
    encrypt encrypted encryption end endpoint enough entity error errors esp etcd event events exclusive
    experimental expires expiry explicit expunge expunged extended extension extensions external extra extractable
    factor failed featured features fields filesystem fingerprint first firstname flag follow for force forced
    format forvpc found free from fs full fw gateway gb ghz gpu grace group groups gslb guest guests ha hardware
    has hash heads health heap heartbeat heuristic host hosts hvm hypervisor hypervisors icmp icon id identifier
    ids ike ilb image imbalance implementor implicit imported in index individual info ingress initial instance
    instances int interface internal internet interval invite io iops iot ip ip4 ip6 ips ipsec ipv4 ipv6 iqn is
    iscsi iso iso9660 isolated isolation issued issuer java job jobs json kb kbs kernel key keypair keypairs keys
    kubernetes kvm l2 l3 label last lastname lb lease length level lifetime limit limits link list load local
    location lock locking log logical loop mac machine machines managed management manager mandated mapping mask
    master max maximum mebibytes member members memory message metadata method methods mib migration min minimum
    mode modified monitor motion mount mtu multi name names nat net netmask network networks next nfs nic nicira
    nics no node nodes nsx nt null num numa number nvp object offering offerings on only op operator option
    options opts order os other out over overcommit overprovision overprovisioning ovm3 owner page parameters
    params parent partial parts passive password path paths peer peers pending per percent percentage percentused
    period permission permissions persistent physical ping pinged placement planner pod pods policies policy pool
    pools port portable power pre precedence prefix prev previous primary privacy private privileged proc process
    processors profile progress project projects propagate protection protocol provider providers provisioned
    provisioning psk public purge purpose pvlan queries quiesce quota ram range ranges rate ratio raw read
    readonly ready reason receive received recover recovery recurring recursive redirect redundant ref region
    registered related relational release remaining removal removed remover repair replicas replication
    repositories request required requires reserve reserved resetting resolution resource resources response
    restart result results retention retries revertable role roles root route routed router routers routes routing
    rule rules runnable running s2s samples scalable scale scaling schedule schema scope script scripts secondary
    secret security semantic send sent serial server servers service services session sessions set shared shrink
    signature since size sketch snaps snapshot snapshots socket sockets software sort source spans specify speed
    split ssh ssl start starting state states static stats statsuser status step stickiness sticky stop stopped
    storage store stores streched strict strictness string subdomain subgroup subject subnet subnets success
    successful suitable supported supports suspended swap switch sync synced system systems tag tagged tags taken
    target teminated template templates terminated text thread threads threshold thresshold time timeout timestamp
    timezone tls tlsversions token topology total traffic transport tungsten tunnel type types ucs uefi ui
    unallocated unhealth unit units unmanaged up updated upgrade uptime uri url usage use used user users
    utilization uuid valid validation validity value values vcenter vcpu vcs vendor verification version
    versioning versions vgpu view viewer viewers virtual vlan vlans vm vms vnf volatile volume volumes vpc vpn vr
    vrouter vsphere vxlan wait waiting weight when with worker write x y zone zones
"""
_WORDS = frozenset(_VOCABULARY.split())
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@lru_cache(maxsize=4096)
def snake(name: str) -> str:
    """A field of the API in snake_case."""
    if name in NAMES:
        return NAMES[name]
    parts = _CAMEL.sub("_", name).lower().split("_")
    return "_".join("_".join(_cut(part) or [part]) for part in parts)


def _cut(text: str) -> list[str] | None:
    """The fewest known words that make up the text, longest first; None where it has an unknown one."""
    best: list[list[str] | None] = [None] * (len(text) + 1)
    best[len(text)] = []
    for start in range(len(text) - 1, -1, -1):
        for end in range(len(text), start, -1):
            rest = best[end]
            if rest is None or text[start:end] not in _WORDS:
                continue
            current = best[start]
            if current is None or len(rest) + 1 < len(current):
                best[start] = [text[start:end], *rest]
    return best[0]
