"""Passwords, SSH keys, user data and consoles of instances."""

from __future__ import annotations

from typing import Any

from ...access import may_use_account
from ...call import Call
from ...errors import InvalidParameter
from ...model.features import ConsoleSession
from ...registry import command
from ..appliances import consoles
from ..common import completed
from . import guards, inputs, life, passwords
from .power import same_vm, the_instance
from .views import instance_view


@command("resetPasswordForVirtualMachine", sync=same_vm)
def reset_password(call: Call) -> Any:
    vm = the_instance(call, call.params.id)
    template = call.db.templates[vm.template_id]
    if not template.password_enabled:
        raise InvalidParameter("Fail to reset password for the virtual machine, the template is not password enabled")
    if vm.state in ("Error", "Expunging"):
        raise InvalidParameter(f"Vm {vm} is not in the right state")
    if vm.state != "Stopped":
        raise InvalidParameter(f"Vm {vm} should be stopped to do password reset")
    yield life.STEP
    vm.password = passwords.new(call)
    passwords.keep_encrypted(vm, vm.password)
    view = instance_view(call, vm)
    view["password"] = vm.password
    completed(call, "VM.RESETPASSWORD", "resetting Vm password. Vm Id", vm, "VirtualMachine")
    return {"virtualmachine": view}


@command("getVMPassword")
def get_password(call: Call) -> dict[str, Any]:
    vm = the_instance(call, call.params.id, "No VM found with id [{id}].")
    if "Encrypted.Password" not in vm.details:
        raise InvalidParameter(
            f"No password found for VM [{vm}]. When the VM's SSH keypair is changed, the current encrypted password is "
            "removed due to inconsistency in the encryption, as the new SSH keypair is different from which the "
            "password was encrypted. To get a new password, it must be reseted."
        )
    return {"password": {"encryptedpassword": vm.details["Encrypted.Password"]}}


@command("resetSSHKeyForVirtualMachine", sync=same_vm)
def reset_ssh_key(call: Call) -> Any:
    vm = the_instance(call, call.params.id, "unable to find a virtual machine by id {id}")
    guards.refuse_share(vm)
    guards.refuse_external(vm)
    if vm.state in ("Error", "Expunging"):
        raise InvalidParameter("Vm with specified id is not in the right state")
    if vm.state != "Stopped":
        raise InvalidParameter(f"Vm {vm} should be stopped to do SSH Key reset")
    if not call.params.keypair and not call.params.keypairs:
        raise InvalidParameter("'keypair' or 'keypairs' must be specified")
    pairs = inputs.key_pairs(call, vm.account_id)
    yield life.STEP
    inputs.keep_keys(vm, pairs)
    vm.details.pop("Encrypted.Password", None)
    completed(call, "VM.RESETSSHKEY", "resetting Vm SSHKey. Vm Id", vm, "VirtualMachine")
    return {"virtualmachine": instance_view(call, vm)}


@command("resetUserDataForVirtualMachine")
def reset_user_data(call: Call) -> dict[str, Any]:
    vm = the_instance(call, call.params.id, "unable to find a virtual machine by id{id}")
    guards.refuse_share(vm)
    guards.refuse_external(vm)
    if vm.state != "Stopped":
        raise InvalidParameter(f"VM {vm} should be stopped to do UserData reset")
    inputs.give_user_data(call, vm, call.db.templates.get(vm.template_id))
    completed(call, "VM.RESETUSERDATA", "resetting VM userdata. Vm Id", vm, "VirtualMachine")
    return {"virtualmachine": instance_view(call, vm, full=False)}


@command("getVirtualMachineUserData")
def get_user_data(call: Call) -> dict[str, Any]:
    vm = the_instance(call, call.params.virtualmachineid, "Unable to find virtual machine with id {id}")
    return {"virtualmachineuserdata": {"virtualmachineid": vm.uuid, "userdata": vm.user_data}}


def _may_look(call: Call, vm: Any) -> bool:
    """Consoles of instances are their owners'; those of the server's own VMs are for root admins."""
    caller = call.caller
    if vm.vm_type != "User":
        return bool(caller.is_root_admin)
    return may_use_account(caller, call.db.accounts[vm.account_id], call.db)


@command("createConsoleEndpoint")
def create_console_endpoint(call: Call) -> dict[str, Any]:
    """A link to the console proxy of the VM's zone."""
    vm = call.params.virtualmachineid
    if not vm or vm.removed is not None:
        raise InvalidParameter(f"Invalid virtual machine id {vm.id}")
    if not _may_look(call, vm):
        return {"consoleendpoint": {"success": False, "details": "Permission denied"}}
    proxies = call.db.vms.where(vm_type="ConsoleProxy", zone_id=vm.zone_id, state="Running")
    if vm.state != "Running" or not proxies:
        return {"consoleendpoint": {"success": False, "details": "Cannot find a proxy to connect to"}}
    root, port = consoles.root_of(call.sim, proxies[0]), consoles.websocket_port(call.sim, proxies[0])
    token = call.sim.ids.octets(48).hex()
    call.db.console_sessions.add(
        ConsoleSession(vm_id=vm.id, account_id=call.caller.account.id, user_id=call.caller.user.id, host_id=vm.host_id)
    )
    return {
        "consoleendpoint": {
            "success": True,
            "url": f"{root}{consoles.PAGE}?autoconnect=true&show_dot=true&port={port}&token={token}",
            "websocket": {
                "token": token,
                "host": root.partition("://")[2],
                "port": str(port),
                "path": consoles.WEBSOCKET,
            },
        }
    }
