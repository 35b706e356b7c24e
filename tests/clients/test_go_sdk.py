"""Apache CloudStack's SDK for Go, whose types are strict: an operator's and a tenant's day, and every list it knows."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from ansible_collections.cloudstack.ops.tests.clients import environment, go_environment
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.populating import Wanted, populate
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator

RATE = 1000.0
"""The SDK asks for a job at once and then every second or more: jobs had better be done at once."""
CANNOT_READ = "json: cannot unmarshal object into Go struct field"
SEEN = {
    "a looker's zones": 2,
    "a looker's refusal": "The API [createSSHKeyPair] does not exist or is not available for the account",
    "limit": 7,
    "network offering": "Enabled",
    "physical network": "Enabled",
    "setting": "30",
    "host back": "Enabled",
    "tag side": "street",
    "tag odd": "Ünï 漢 *'()!+ &=%/",
    "private key": True,
    "first": "Running",
    "second": "Running",
    "volume": "Allocated",
    "device": 1,
    "gigabytes": 4,
    "snapshot": "BackedUp",
    "forward": "Active",
    "static NAT": True,
    "vpn": True,
    "balanced": True,
    "rebooted": "Running",
    "stopped": "Stopped",
    "failed job": '{"errorcode":431,"errortext":"Fail to reset password for the virtual machine, '
    'the template is not password enabled"}',
    "started": "Running",
    "scaled": "Medium Instance",
    "console": True,
    "ACL item": 1,
    "tunnel lasts": 3600,
    # The SDK takes lists and objects within these for texts; the contract says what they are.
    "condition": f"{CANNOT_READ} CreateConditionResponse.counter of type string",
    "policy": f"{CANNOT_READ} CreateAutoScalePolicyResponse.conditions of type string",
    "group": f"{CANNOT_READ} CreateAutoScaleVmGroupResponse.scaleuppolicies of type string",
}
REFUSED = {
    "ListConditions": CANNOT_READ,
    "ListAutoScalePolicies": CANNOT_READ,
    "ListAutoScaleVmGroups": CANNOT_READ,
    "ListTemplatePermissions": CANNOT_READ,  # one object, as recorded, and no list
    "ListSslCerts": "Invalid parameters either certificate ID or Account ID",
    "ListGlobalLoadBalancerRules": "At least one of region id, rule id must be specified",
    "ListNetworkDevice": "Parameter list is null",
    "ListImageStoreObjects": "No remote endpoint to send command",
    "ListStoragePoolObjects": "No remote endpoint to send command",
    "ListUnmanagedInstances": "VM import is currently not supported",
    "ListVolumesForImport": "Importing and unmanaging volume are not supported for hypervisor: Simulator",
    "ListVmwareDcs": "unable to verify user credentials",  # no such command on the recorded server
    "ListVmwareDcVms": "unable to verify user credentials",
}
NEED_MORE = {
    "ListBaremetalDhcp", "ListBaremetalPxeServers", "ListBrocadeVcsDeviceNetworks", "ListElastistorVolume",
    "ListNetscalerLoadBalancerNetworks", "ListNiciraNvpDeviceNetworks", "ListPaloAltoFirewallNetworks",
    "ListUcsBlades", "ListUcsProfiles", "ListVmsForImport",
}  # fmt: skip
"""Lists about devices and hosts that are not there."""
FILLED = (
    "Accounts", "AffinityGroups", "Annotations", "Apis", "AutoScaleVmProfiles", "Buckets", "Capacity", "Clusters",
    "ClustersMetrics", "Configurations", "DedicatedClusters", "DedicatedGuestVlanRanges", "DiskOfferings", "Domains",
    "EgressFirewallRules", "Events", "FirewallRules", "GuestOsMapping", "HostTags", "Hosts", "HostsMetrics",
    "ImageStores", "InstanceGroups", "IpForwardingRules", "Isos", "LBStickinessPolicies", "LoadBalancerRuleInstances",
    "LoadBalancerRules", "LoadBalancers", "ManagementServers", "NetworkACLLists", "NetworkACLs", "NetworkOfferings",
    "NetworkServiceProviders", "Networks", "Nics", "ObjectStoragePools", "OsTypes", "PhysicalNetworks", "Pods",
    "PortForwardingRules", "PortableIpRanges", "PrivateGateways", "ProjectAccounts", "ProjectRolePermissions",
    "ProjectRoles", "Projects", "PublicIpAddresses", "Regions", "RemoteAccessVpns", "ResourceDetails",
    "ResourceLimits", "RolePermissions", "Roles", "Routers", "SSHKeyPairs", "SecurityGroups", "ServiceOfferings",
    "SnapshotPolicies", "Snapshots", "StaticRoutes", "StorageNetworkIpRange", "StoragePools", "StoragePoolsMetrics",
    "StorageTags", "SystemVms", "Tags", "Templates", "TrafficTypes", "UserData", "Users", "VMSchedule", "VMSnapshot",
    "VPCOfferings", "VPCs", "VirtualMachines", "VirtualMachinesMetrics", "VlanIpRanges", "Volumes", "VolumesMetrics",
    "VpnConnections", "VpnCustomerGateways", "VpnGateways", "VpnUsers", "Webhooks", "Zones", "ZonesMetrics",
)  # fmt: skip
LEFT = {"service_offerings": 1, "disk_offerings": 2, "instance_groups": 1, "security_groups": 1}
"""Deleted offerings are inactive; what an instance named, and the account's default group, stay."""
PASSED_BY = {
    "jobs", "events", "alerts", "template_pools", "webhook_deliveries", "console_sessions", "certificate_authorities",
    "project_roles", "project_role_permissions",
}  # fmt: skip
"""What stays behind on a server, too."""


@pytest.fixture(scope="module")
def program() -> Path:
    try:
        return go_environment.go_client()
    except environment.NoClientsError as error:
        pytest.skip(str(error))


def rows(sim: Simulator) -> dict[str, int]:
    return {name: len(table) for name, table in sim.db.tables.items() if name not in PASSED_BY}


@pytest.mark.timeout(120)
def test_a_day_with_the_sdk_for_go(program: Path) -> None:
    sim = Simulator(zone="sandbox", seed=1, clock=RunningClock(RATE))
    populate(sim, Wanted.parse("hosts=8,vms=40,routers=4"))
    before = rows(sim)
    with RunningSimulator(sim) as server:
        access = {
            "CLOUDSTACK_API_URL": server.endpoint,
            "CLOUDSTACK_API_KEY": server.key,
            "CLOUDSTACK_SECRET_KEY": server.secret,
            "PASSWORD": "Of-all-users-1",
        }
        done = subprocess.run(
            [str(program)], env=os.environ | access, capture_output=True, text=True, timeout=100, check=False
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)

    assert set(told["seen"]) == set(SEEN)
    for name, expected in SEEN.items():
        got = told["seen"][name]
        assert got == expected or (isinstance(expected, str) and expected in got), name

    errors = {name: came["error"] for name, came in told["lists"].items() if "error" in came}
    assert {name for name, text in errors.items() if text == "needs more"} == NEED_MORE
    unexpected = {
        name: text
        for name, text in errors.items()
        if name not in NEED_MORE
        and "is not modelled by this simulator" not in text
        and (name not in REFUSED or REFUSED[name] not in text)
    }
    assert not unexpected
    assert set(REFUSED) <= set(errors)
    assert [name for name in FILLED if not told["lists"][f"List{name}"]["count"]] == []

    sim.advance(3600)
    after = rows(sim)
    assert {name: count - before[name] for name, count in after.items() if count != before[name]} == LEFT
