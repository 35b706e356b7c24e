"""Which values a setting takes [src ConfigurationManagerImpl.validateConfigurationValue, Config]."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv4Network, ip_address

from ..errors import InvalidParameter
from ..settings import Setting
from .setting_types import fits, java_type

POSITIVE = frozenset({
    "account.cleanup.interval", "alert.wait", "event.purge.interval", "expunge.interval",
    "externaldhcp.vmip.max.retry", "externaldhcp.vmip.retrieval.interval", "externaldhcp.vmipFetch.threadPool.max",
    "host.stats.interval", "incorrect.login.attempts.allowed", "network.gc.interval", "ovm3.heartbeat.interval",
    "ovm3.heartbeat.timeout", "ping.interval", "remote.access.vpn.psk.length", "snapshot.poll.interval",
    "storage.cleanup.interval", "storage.pool.client.max.connections", "storage.pool.client.timeout",
    "storage.pool.disk.wait", "vm.password.length", "vm.userdata.max.length", "wait", "xenserver.heartbeat.interval",
    "xenserver.heartbeat.timeout",
})  # fmt: skip
OVERPROVISIONING = frozenset({"cpu.overprovisioning.factor", "mem.overprovisioning.factor"})
IMPORTS = frozenset({"threads.on.kvm.host.to.import.vmware.vm.files", "threads.on.ms.to.import.vmware.vm.files"})
OPTIONS = {
    "check.pod.cidrs": ("true", "false"),
    "host.capacityType.to.order.clusters": ("CPU", "RAM"),
    "network.dns.basiczone.updates": ("all", "pod"),
    "network.loadbalancer.basiczone.elb.enabled": ("true", "false"),
    "network.loadbalancer.basiczone.elb.network": ("guest", "public"),
    "xenserver.pvdriver.version": ("xenserver56", "xenserver61"),
    "instance.name": ("instanceName",),
    "hypervisor.list": ("hypervisorList",),
    "secstorage.ssl.cert.domain": ("domainName",),
}
"""Texts that are refused unless they are one of these, or what a word such as `domainName` stands for."""
KINDS_OF_TEXT = {
    "instanceName": "a valid instance name (instance names cannot contain hyphens, spaces or plus signs)",
    "hypervisorList": "a valid hypervisor type",
    "domainName": "a valid domain name",
}
HYPERVISORS = frozenset({
    "xenserver", "kvm", "vmware", "hyperv", "virtualbox", "parralels", "baremetal", "simulator", "ovm", "ovm3", "lxc",
    "external", "custom",
})  # fmt: skip
DOMAIN = re.compile(r"((?!-)[A-Za-z0-9-]{1,63}(?<!-)\.)+[A-Za-z]{1,63}")
CLUSTER_PORTS = "cloud.kubernetes.etcd.node.start.port"


def check_addresses(setting: Setting, text: str) -> None:
    """What the server looks at before it asks whose setting it is: addresses, and ports that others hold."""
    if setting.name == CLUSTER_PORTS and text == "2222":
        raise InvalidParameter(
            "This range is reserved for Kubernetes cluster nodes.Please choose a value in a higher range would does "
            "not conflict with a kubernetes cluster deployed"
        )
    if not text or setting.type != "String" or setting.facts.get("component") == "management-server":
        return
    ends = text.split("-") if setting.name.endswith(".iprange") else [text]
    is_range = setting.name.endswith(".iprange")
    if not is_range and not setting.name.endswith((".ip", ".ipaddress")):
        return
    if len(ends) != 1 + is_range or not all(_is_address(end) for end in ends):
        raise InvalidParameter("Invalid IP address value(s) specified for the config value.")


def _is_address(text: str) -> bool:
    try:
        return bool(IPv4Address(text))
    except AddressValueError:
        return False


def check_value(setting: Setting, text: str) -> None:
    """Refuse a value of the wrong type or out of range; nothing ("" or "null") clears and is always right."""
    if text in ("", "null"):
        return
    kind, name = java_type(setting), setting.name
    if name == "commands.timeout":
        _check_timeouts(text)
    if kind is not None and not fits(kind, text):
        raise InvalidParameter(f"Value [{text}] is not a valid [class {kind}].")
    refusal = _out_of_range(setting, kind, text)
    if refusal is not None:
        raise InvalidParameter(refusal)


def _out_of_range(setting: Setting, kind: str | None, text: str) -> str | None:
    """What is said of a value that is out of range. Doubles and Longs have no range."""
    match kind:
        case "java.lang.Float":
            return _share(setting, float(text))
        case "java.lang.Integer":
            return _whole_number(setting.name, int(text))
        case None:
            return _text(setting.name, text)
    return None


def _share(setting: Setting, number: float) -> str | None:
    if setting.name in OVERPROVISIONING and number <= 0:
        return f"Value for configuration [{setting.name}] should be greater than 0."
    if setting.type == "Range" and not 0 <= number <= 1:
        return f"Please enter a value between 0 and 1 for the configuration parameter: [{setting.name}]."
    return None


def _whole_number(name: str, number: int) -> str | None:
    enter, of_what = "Please enter a", f"for the configuration parameter: [{name}]."
    if name == "mac.identifier" and not 0 <= number <= 255:
        return f"[{name}] value should be between 0 and 255. 0 value will disable this feature."
    if name in IMPORTS and not -1 <= number <= 10:
        return f"{enter} value between -1 and 10 {of_what} -1 will disable it."
    if name in POSITIVE and number <= 0:
        return f"{enter} positive value {of_what}"
    if name == "vm.password.length" and number < 6:
        return f"{enter} value greater than 5 {of_what}"
    if name == "remote.access.vpn.psk.length" and not 8 <= number <= 256:
        return f"{enter} value greater than 7 and less than 257 {of_what}"
    if name == "vm.userdata.max.length" and number > 1 << 20:
        return f"{enter} value less than 1048577 {of_what}"
    if name == "router.extra.public.nics" and not 0 <= number <= 5:
        return "The provided value is not valid for this configuration. Please enter an integer in the range: [0-5]"
    return None


def _text(name: str, text: str) -> str | None:
    if name == "secstorage.allowed.internal.sites":
        wrong = next((part for part in text.split(",") if not _is_network(part)), None)
        return None if wrong is None else f"Invalid CIDR {wrong} value specified for the config {name}"
    options = OPTIONS.get(name, ())
    if not options or any(_is_option(option, text) for option in options):
        return None
    told = [KINDS_OF_TEXT.get(o, f"a valid value for this configuration (Options are: [{o}])") for o in options]
    return (
        f"The provided value is not {told[0]}."
        if len(told) == 1
        else (f"The provided value is neither {' NOR '.join(told)}.")
    )


def _is_option(option: str, text: str) -> bool:
    match option:
        case "instanceName":
            return not any(sign in text for sign in "- +")
        case "hypervisorList":
            return all(word.strip().lower() in HYPERVISORS for word in text.split(","))
        case "domainName":
            name = text[2:] if text.startswith("*") else text
            return len(name) < 238 and DOMAIN.fullmatch(name) is not None
    return option.lower() == text.lower()


def _is_network(text: str) -> bool:
    try:
        return bool(IPv4Network(text) if "/" in text else ip_address(text))
    except ValueError:
        return False


def _check_timeouts(text: str) -> None:
    """Pairs of a command's name and its seconds."""
    for pair in (part.strip() for part in text.split(",")):
        if "=" not in pair:
            raise InvalidParameter(f"Validation failed: Command '{pair}' does not contain '='.")
        parts = pair.rstrip("=").split("=")
        if len(parts) != 2:
            raise InvalidParameter(f"Validation failed: Command '{pair}' is not properly formatted.")
        name, seconds = (part.strip() for part in parts)
        told = f"Validation failed: The value for command '{name}' is not"
        if not name:
            raise InvalidParameter(f"Validation failed: Command name is missing in '{pair}'.")
        if not fits("java.lang.Integer", seconds):
            raise InvalidParameter(f"{told} a valid integer. Invalid value: {seconds}")
        if int(seconds) <= 0:
            raise InvalidParameter(f"{told} greater than 0. Invalid value: {seconds}")
