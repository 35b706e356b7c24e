"""How answers are wrapped: JSON and XML."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from .errors import ApiError

VERSION = "4.22.0.0-SNAPSHOT"

ODD_NAMES = {
    "activateProject": "activaterojectresponse",
    "acquirePodIpAddress": "acquirepodipaddress",
    "releasePodIpAddress": "releasepodipresponse",
    "addImageStoreS3": "addImageStoreS3Response",
    "updateImageStore": "updateImageStoreresponse",
    "updateObjectStoragePool": "updateObjectStoragePool",
    "addIpToNic": "addiptovmnicresponse",
    "archiveSnapshot": "createsnapshotresponse",
    "enableStorageMaintenance": "prepareprimarystorageformaintenanceresponse",
    "cancelStorageMaintenance": "cancelprimarystoragemaintenanceresponse",
    "checkVolume": "checkandrepairvolumeresponse",
    "cleanVMReservations": "cleanvmreservationresponse",
    "copyIso": "copytemplateresponse",
    "createAutoScalePolicy": "autoscalepolicyresponse",
    "createAutoScaleVmGroup": "autoscalevmgroupresponse",
    "createAutoScaleVmProfile": "autoscalevmprofileresponse",
    "createCondition": "conditionresponse",
    "createCounter": "counterresponse",
    "listCounters": "counterresponse",
    "createLBStickinessPolicy": "createLBStickinessPolicy",
    "deleteLBStickinessPolicy": "deleteLBstickinessrruleresponse",
    "createVMFromBackup": "deployvirtualmachineresponse",
    "deployVnfAppliance": "deployvirtualmachineresponse",
    "deletePortableIpRange": "deleteportablepublicipresponse",
    "listPortableIpRanges": "listportableipresponse",
    "enableAutoScaleVmGroup": "enableautoscalevmGroupresponse",
    "disableAutoScaleVmGroup": "disableautoscalevmGroupresponse",
    "getUploadParamsForIso": "postuploadisoresponse",
    "getUploadParamsForTemplate": "postuploadtemplateresponse",
    "getUploadParamsForVolume": "postuploadvolumeresponse",
    "addLdapConfiguration": "ldapconfigurationresponse",
    "deleteLdapConfiguration": "ldapconfigurationresponse",
    "listLdapConfigurations": "ldapconfigurationresponse",
    "importLdapUsers": "ldapuserresponse",
    "listLdapUsers": "ldapuserresponse",
    "searchLdap": "ldapuserresponse",
    "ldapCreateAccount": "createaccountresponse",
    "listInternalLoadBalancerVMs": "listinternallbvmsresponse",
    "startInternalLoadBalancerVM": "startinternallbvmresponse",
    "stopInternalLoadBalancerVM": "stopinternallbvmresponse",
    "listIsoPermissions": "listtemplatepermissionsresponse",
    "listNetworkDevice": "listnetworkdevice",
    "listSecondaryStagingStores": "listsecondarystagingstoreresponse",
    "listVnfTemplates": "listtemplatesresponse",
    "registerVnfTemplate": "registertemplateresponse",
    "updateVnfTemplate": "updatetemplateresponse",
    "listVolumesMetrics": "listvolumesresponse",
    "moveNetworkAclItem": "moveNetworkAclItemResponse",
    "updateNetworkACLItem": "createnetworkaclresponse",
    "removeFromGlobalLoadBalancerRule": "removefromloadbalancerruleresponse",
    "resetSSHKeyForVirtualMachine": "resetSSHKeyforvirtualmachineresponse",
    "restoreVirtualMachine": "restorevmresponse",
    "scaleSystemVm": "changeserviceforsystemvmresponse",
    "updateVMAffinityGroup": "updatevirtualmachineresponse",
}
"""Envelopes that are not the lower-cased command name and `response`."""


SUCCESS_NAMES = {"configureSimulator": "simulatormock", "querySimulatorMock": "simulatormock"}
"""Envelopes of good answers that differ from the command's own, which its errors have."""


def success_name(command: str) -> str:
    return SUCCESS_NAMES.get(command) or name_of(command)


def name_of(command: str) -> str:
    return ODD_NAMES.get(command) or command.lower() + "response"


def prune(value: Any) -> Any:
    """The value without fields that are None, at every depth: the server leaves them out."""
    if isinstance(value, dict):
        return {k: prune(v) if isinstance(v, (dict, list)) else v for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [prune(v) if isinstance(v, (dict, list)) else v for v in value]
    return value


NESTED = (dict, list)


class Ready(list[Any]):
    """A list in an answer that has no None at any depth, so that `lean` need not look into it."""


def lean(value: Any) -> Any:
    """`prune` for what is sent at once: parts without a None in them are the given ones, not copies."""
    if isinstance(value, dict):
        pairs = value.items()
        changed = {k: p for k, v in pairs if v.__class__ in NESTED and v and (p := lean(v)) is not v}
        if None in value.values():
            value = {k: v for k, v in pairs if v is not None}
        return {**value, **changed} if changed else value
    for position, v in enumerate(value):
        if v.__class__ in NESTED and v and lean(v) is not v:
            return [*value[:position], *(lean(v) if v.__class__ in NESTED and v else v for v in value[position:])]
    return value


def error_body(envelope: str, error: ApiError) -> dict[str, Any]:
    content: dict[str, Any] = {
        "uuidList": [{"uuid": uuid, "description": what} for uuid, what in error.uuids],
        "errorcode": error.code,
    }
    if error.cs is not None:
        content["cserrorcode"] = error.cs
    if error.text is not None:
        content["errortext"] = error.text
    return {envelope: content}


def to_xml(body: dict[str, Any], *, versioned: bool) -> str:
    """The XML form of an answer. Refusals of the servlet itself carry no version."""
    ((name, content),) = body.items()
    version = f' cloud-stack-version="{VERSION}"' if versioned else ""
    inner = "".join(_element(k, v) for k, v in content.items() if not (k == "uuidList" and not v))
    return f'<?xml version="1.0" encoding="UTF-8"?><{name}{version}>{inner}</{name}>'


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, dict):
        inner = "".join(_element(k, v) for k, v in value.items())
    elif isinstance(value, bool):
        inner = "true" if value else "false"
    else:
        inner = escape(str(value), {'"': "&quot;", "'": "&apos;"})
    return f"<{name}>{inner}</{name}>"
