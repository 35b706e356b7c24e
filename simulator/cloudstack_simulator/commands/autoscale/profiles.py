"""Profiles: what the instances of a group are made like."""

from __future__ import annotations

from typing import Any

from ... import contract
from ...call import Call, live
from ...errors import InvalidParameter
from ...listing import equal, matching
from ...model.autoscale import ScalingProfile
from ...parameters import Typing
from ...registry import SUCCESS, allocate, command
from ..common import done, entity_created, named_values, owner_fields, uuid_of
from ..instances import inputs
from ..instances.sizes import is_open

GRACE_PERIOD = 120
KIND = "AutoScaleVmProfile"
DEPLOY_PARAMS = (
    "rootdisksize", "diskofferingid", "disksize", "overridediskofferingid", "securitygroupids", "keypairs",
    "affinitygroupids", "networkids",
)  # fmt: skip
"""Parameters of deployVirtualMachine that a profile may hold."""


def profile_view(call: Call, profile: ScalingProfile) -> dict[str, Any]:
    db = call.db
    return {
        "id": profile.uuid,
        "zoneid": db.zones[profile.zone_id].uuid,
        "serviceofferingid": db.service_offerings[profile.service_offering_id].uuid,
        "templateid": db.templates[profile.template_id].uuid,
        "otherdeployparams": dict(profile.deploy_params) or None,
        "counterparam": dict(profile.counter_params) or None,
        "expungevmgraceperiod": profile.grace_period,
        "userdata": profile.user_data,
        **_user_data(call, profile),
        "autoscaleuserid": uuid_of(call, "users", profile.user_id),
        "fordisplay": profile.display,
        **owner_fields(call, profile.account_id),
    }


def _user_data(call: Call, profile: ScalingProfile) -> dict[str, Any]:
    """The registered user data."""
    row = call.db.user_data.get(profile.user_data_id)
    if row is None:
        return {}
    return {
        "userdataid": row.uuid,
        "userdataname": row.name,
        "userdatadetails": profile.user_data_details,
        "userdatapolicy": call.db.templates[profile.template_id].user_data_policy,
    }


def _check(call: Call, profile: ScalingProfile) -> None:
    offering = call.db.service_offerings[profile.service_offering_id]
    if is_open(offering):
        raise InvalidParameter("Unable to use dynamic service offering in AutoScale vm profile")
    if call.db.templates[profile.template_id].removed is not None:
        raise InvalidParameter("Unable to use the given template.")
    if profile.grace_period < 0:
        raise InvalidParameter("Expunge Vm Grace Period cannot be less than 0.")
    for key in profile.deploy_params:
        if key not in DEPLOY_PARAMS:
            raise InvalidParameter(
                f"Unsupported otherdeployparams key: {key}. Supported values are [{', '.join(DEPLOY_PARAMS)}]"
            )


@allocate("createAutoScaleVmProfile")
def allocate_profile(call: Call) -> ScalingProfile:
    p = call.params
    owner = call.owner()
    zone = live(p.zoneid, "Unable to find zone by id")
    offering = live(p.serviceofferingid, "Unable to find service offering by id")
    _check_deployment(call)
    template = live(p.templateid, "Unable to use the given template.")
    text, text_id = inputs.finalize_user_data(call, template)
    profile = ScalingProfile(
        zone_id=zone.id,
        account_id=owner.id,
        service_offering_id=offering.id,
        template_id=template.id,
        deploy_params=named_values(p.otherdeployparams),
        counter_params=named_values(p.counterparam),
        grace_period=p.get("expungevmgraceperiod", GRACE_PERIOD),
        user_data=text,
        user_data_id=text_id,
        user_data_details=inputs.user_data_details(call),
        user_id=p.autoscaleuserid.id if p.autoscaleuserid else None,
        display=p.get("fordisplay", True),
    )
    _check(call, profile)
    made: ScalingProfile = call.db.scaling_profiles.add(profile)
    entity_created(call, "AUTOSCALEVMPROFILE.CREATE", "creating autoscale vm profile", made, KIND)
    return made


def _check_deployment(call: Call) -> None:
    """Deployments with the profile have to be something that deployVirtualMachine could read."""
    p = call.params
    raw = {name.lower(): value for name, value in named_values(p.otherdeployparams).items()}
    raw |= {"zoneid": p.zoneid.uuid, "serviceofferingid": p.serviceofferingid.uuid, "templateid": p.templateid.uuid}
    Typing(contract.commands()["deployVirtualMachine"], call.db, call.caller.is_root_admin).apply(raw)


@command("createAutoScaleVmProfile")
def create_profile(call: Call) -> dict[str, Any]:
    return {"autoscalevmprofile": profile_view(call, call.created)}


PHYSICAL = (
    "templateid", "autoscaleuserid", "counterparam", "otherdeployparams", "expungevmgraceperiod", "userdata",
    "userdataid", "userdatadetails",
)  # fmt: skip
"""What may be changed only while all groups with the profile are disabled."""


@command("updateAutoScaleVmProfile")
def update_profile(call: Call) -> dict[str, Any]:
    p, profile = call.params, live(call.params.id, "Unable to find Auto Scale Vm Profile")
    call.check_access(profile)
    groups = call.db.scaling_groups.where(profile_id=profile.id)
    if any(name in p for name in PHYSICAL) and any(g.state != "DISABLED" for g in groups):
        raise InvalidParameter(
            "The AutoScale Vm Profile can be updated only if the Vm Group it is associated with is disabled in state"
        )
    template = p.templateid or call.db.templates[profile.template_id]
    has_text = p.userdata is not None or p.userdataid is not None
    text, text_id = inputs.finalize_user_data(call, template) if has_text else (None, None)
    new = {
        "service_offering_id": p.serviceofferingid.id if p.serviceofferingid else None,
        "template_id": p.templateid.id if p.templateid else None,
        "deploy_params": named_values(p.otherdeployparams) if p.otherdeployparams else None,
        "counter_params": named_values(p.counterparam) if p.counterparam else None,
        "grace_period": p.expungevmgraceperiod,
        "user_data": text,
        "user_data_id": text_id,
        "user_data_details": inputs.user_data_details(call),
        "user_id": p.autoscaleuserid.id if p.autoscaleuserid else None,
        "display": p.fordisplay,
    }
    before = {field: getattr(profile, field) for field in new}
    for field, value in new.items():
        if value is not None:
            setattr(profile, field, value)
    try:
        _check(call, profile)
    except InvalidParameter:
        for field, value in before.items():
            setattr(profile, field, value)
        raise
    if p.customid:
        call.db.scaling_profiles.change_uuid(profile, p.customid)
    done(call, "AUTOSCALEVMPROFILE.UPDATE", "updating autoscale vm profile", profile, KIND)
    return {"autoscalevmprofile": profile_view(call, profile)}


@command("deleteAutoScaleVmProfile")
def delete_profile(call: Call) -> dict[str, Any]:
    profile = live(call.params.id, "Unable to find AutoScale Vm Profile")
    call.check_access(profile)
    if call.db.scaling_groups.where(profile_id=profile.id):
        raise InvalidParameter("Cannot delete AutoScale Vm Profile when it is in use by one more vm groups")
    call.db.scaling_profiles.remove(profile)
    done(call, "AUTOSCALEVMPROFILE.DELETE", "deleting autoscale vm profile", profile, KIND)
    return SUCCESS


@command("listAutoScaleVmProfiles")
def list_profiles(call: Call) -> dict[str, Any]:
    p = call.params
    words = p.otherdeployparams
    return call.listing(
        "autoscalevmprofile",
        call.db.scaling_profiles,
        profile_view,
        where=[
            equal("id", p.id),
            equal("template_id", p.templateid),
            equal("service_offering_id", p.serviceofferingid),
            equal("zone_id", p.zoneid),
            equal("display", p.fordisplay),
            matching(lambda x: words in "&".join(f"{k}={v}" for k, v in x.deploy_params.items())) if words else None,
        ],
        owned=True,
        newest_first=True,
    )
