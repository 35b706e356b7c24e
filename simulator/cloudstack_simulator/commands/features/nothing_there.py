"""Lists of things that no modelled command can make, so that there are none: appliances of other makers, and features
that nothing here turns on. Their parameters are checked as everywhere; ids name nothing.
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...registry import command

APPLIANCES = (
    "listBaremetalDhcp", "listBaremetalPxeServers", "listBaremetalRct", "listBigSwitchBcfDevices",
    "listBrocadeVcsDeviceNetworks", "listBrocadeVcsDevices", "listNetscalerControlCenter",
    "listNetscalerLoadBalancerNetworks", "listNetscalerLoadBalancers", "listNiciraNvpDeviceNetworks",
    "listNiciraNvpDevices", "listOpenDaylightControllers", "listPaloAltoFirewallNetworks", "listPaloAltoFirewalls",
    "listRegisteredServicePackages", "listTrafficMonitors", "listUcsBlades",
    "listUcsManagers", "listUcsProfiles",
)  # fmt: skip
FEATURES = (
    "listImportVmTasks",
    "listSecondaryStorageSelectors",
)  # fmt: skip


@command(*APPLIANCES, *FEATURES)
def list_nothing(_call: Call) -> dict[str, Any]:
    return {}
