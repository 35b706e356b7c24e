package main

import (
	"encoding/base64"

	"github.com/apache/cloudstack-go/v2/cloudstack"
)

const image = "CentOS 5.6 (64-bit) no GUI (Simulator)"

// tenant deploys instances in an isolated network and all that goes around them.
func (d *day) tenant() {
	zone := d.zone("Sandbox-simulator")
	network := d.network(zone.Id)
	keys := d.belongings()
	first := d.instance(zone.Id, network.Id, "first", keys)
	second := d.instance(zone.Id, network.Id, "second", keys)
	d.disks(zone.Id, first.Id)
	rule := d.traffic(network.Id, first, second.Id)
	d.scaling(zone.Id, rule)
	d.life(first.Id)
}

func (d *day) network(zone string) *cloudstack.CreateNetworkResponse {
	cs := d.cs
	offering, _, err := cs.NetworkOffering.GetNetworkOfferingID("DefaultIsolatedNetworkOfferingWithSourceNatService")
	wanted := cs.Network.NewCreateNetworkParams("front", get(offering, err), zone)
	wanted.SetDisplaytext("towards the street")
	wanted.SetGateway("10.1.7.1")
	wanted.SetNetmask("255.255.255.0")
	network := get(cs.Network.CreateNetwork(wanted))
	d.later(func() { get(cs.Network.DeleteNetwork(cs.Network.NewDeleteNetworkParams(network.Id))) })
	d.needed["ListNetworkPermissions.0"] = network.Id
	tags := map[string]string{"side": "street", "odd": "Ünï 漢 *'()!+ &=%/"}
	get(cs.Resourcetags.CreateTags(cs.Resourcetags.NewCreateTagsParams([]string{network.Id}, "Network", tags)))
	found := get(cs.Resourcetags.ListTags(cs.Resourcetags.NewListTagsParams())).Tags
	for _, tag := range found {
		d.seen["tag "+tag.Key] = tag.Value
	}
	return network
}

// belongings are what an instance can be given.
func (d *day) belongings() map[string]string {
	cs := d.cs
	pair := get(cs.SSH.CreateSSHKeyPair(cs.SSH.NewCreateSSHKeyPairParams("made")))
	d.later(func() { get(cs.SSH.DeleteSSHKeyPair(cs.SSH.NewDeleteSSHKeyPairParams("made"))) })
	d.seen["private key"] = len(pair.Privatekey) > 100
	script := base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\n"))
	data := get(cs.User.RegisterUserData(cs.User.NewRegisterUserDataParams("script", script)))
	d.later(func() { get(cs.User.DeleteUserData(cs.User.NewDeleteUserDataParams(data.Id))) })
	group := get(cs.AffinityGroup.CreateAffinityGroup(
		cs.AffinityGroup.NewCreateAffinityGroupParams("apart", "host anti-affinity"),
	))
	d.later(func() {
		gone := cs.AffinityGroup.NewDeleteAffinityGroupParams()
		gone.SetId(group.Id)
		get(cs.AffinityGroup.DeleteAffinityGroup(gone))
	})
	webs := get(cs.SecurityGroup.CreateSecurityGroup(cs.SecurityGroup.NewCreateSecurityGroupParams("webs")))
	d.later(func() {
		gone := cs.SecurityGroup.NewDeleteSecurityGroupParams()
		gone.SetId(webs.Id)
		get(cs.SecurityGroup.DeleteSecurityGroup(gone))
	})
	ingress := cs.SecurityGroup.NewAuthorizeSecurityGroupIngressParams()
	ingress.SetSecuritygroupid(webs.Id)
	ingress.SetProtocol("tcp")
	ingress.SetStartport(80)
	ingress.SetEndport(80)
	ingress.SetCidrlist([]string{"0.0.0.0/0"})
	get(cs.SecurityGroup.AuthorizeSecurityGroupIngress(ingress))
	return map[string]string{"pair": pair.Name, "group": group.Id, "data": data.Id}
}

func (d *day) instance(
	zone string, network string, name string, given map[string]string,
) *cloudstack.DeployVirtualMachineResponse {
	cs := d.cs
	offering, _, err := cs.ServiceOffering.GetServiceOfferingID("Small Instance")
	get(offering, err)
	template, _, err := cs.Template.GetTemplateID(image, "featured", zone)
	wanted := cs.VirtualMachine.NewDeployVirtualMachineParams(offering, get(template, err), zone)
	wanted.SetName(name)
	wanted.SetNetworkids([]string{network})
	wanted.SetKeypair(given["pair"])
	wanted.SetAffinitygroupids([]string{given["group"]})
	wanted.SetUserdataid(given["data"])
	wanted.SetGroup("all of them")
	wanted.SetDetails(map[string]string{"note": "by Go"})
	vm := get(cs.VirtualMachine.DeployVirtualMachine(wanted))
	d.later(func() {
		gone := cs.VirtualMachine.NewDestroyVirtualMachineParams(vm.Id)
		gone.SetExpunge(true)
		get(cs.VirtualMachine.DestroyVirtualMachine(gone))
	})
	d.seen[name] = vm.State
	d.needed["ListNics.0"] = vm.Id
	d.needed["ListVMSchedule.0"] = vm.Id
	return vm
}

func (d *day) disks(zone string, vm string) {
	cs := d.cs
	offering, _, err := cs.DiskOffering.GetDiskOfferingID("Custom")
	wanted := cs.Volume.NewCreateVolumeParams()
	wanted.SetName("data")
	wanted.SetZoneid(zone)
	wanted.SetDiskofferingid(get(offering, err))
	wanted.SetSize(3)
	volume := get(cs.Volume.CreateVolume(wanted))
	d.seen["volume"] = volume.State
	d.later(func() { get(cs.Volume.DeleteVolume(cs.Volume.NewDeleteVolumeParams(volume.Id))) })
	d.seen["device"] = get(cs.Volume.AttachVolume(cs.Volume.NewAttachVolumeParams(volume.Id, vm))).Deviceid
	d.later(func() {
		away := cs.Volume.NewDetachVolumeParams()
		away.SetId(volume.Id)
		get(cs.Volume.DetachVolume(away))
	})
	larger := cs.Volume.NewResizeVolumeParams(volume.Id)
	larger.SetSize(4)
	d.seen["gigabytes"] = get(cs.Volume.ResizeVolume(larger)).Size >> 30
	snapshot := get(cs.Snapshot.CreateSnapshot(cs.Snapshot.NewCreateSnapshotParams(volume.Id)))
	d.seen["snapshot"] = snapshot.State
	d.later(func() { get(cs.Snapshot.DeleteSnapshot(cs.Snapshot.NewDeleteSnapshotParams(snapshot.Id))) })
	get(cs.Snapshot.CreateSnapshotPolicy(
		cs.Snapshot.NewCreateSnapshotPolicyParams("DAILY", 2, "30:3", "Europe/Berlin", volume.Id),
	))
	policies := cs.Snapshot.NewListSnapshotPoliciesParams()
	policies.SetVolumeid(volume.Id)
	policy := only(get(cs.Snapshot.ListSnapshotPolicies(policies)).SnapshotPolicies)
	d.later(func() {
		gone := cs.Snapshot.NewDeleteSnapshotPoliciesParams()
		gone.SetId(policy.Id)
		get(cs.Snapshot.DeleteSnapshotPolicies(gone))
	})
	whole := get(cs.Snapshot.CreateVMSnapshot(cs.Snapshot.NewCreateVMSnapshotParams(vm)))
	d.later(func() { get(cs.Snapshot.DeleteVMSnapshot(cs.Snapshot.NewDeleteVMSnapshotParams(whole.Id))) })
}

// traffic lets the world in; returns a load balancer rule without members.
func (d *day) traffic(network string, first *cloudstack.DeployVirtualMachineResponse, second string) string {
	cs := d.cs
	service, single := d.address(network), d.address(network)
	open := cs.Firewall.NewCreateFirewallRuleParams(service, "tcp")
	open.SetStartport(80)
	open.SetEndport(81)
	open.SetCidrlist([]string{"192.0.2.0/24"})
	get(cs.Firewall.CreateFirewallRule(open))
	out := cs.Firewall.NewCreateEgressFirewallRuleParams(network, "udp")
	out.SetStartport(53)
	out.SetEndport(53)
	get(cs.Firewall.CreateEgressFirewallRule(out))
	forward := cs.Firewall.NewCreatePortForwardingRuleParams(service, 22, "tcp", 2222, first.Id)
	d.seen["forward"] = get(cs.Firewall.CreatePortForwardingRule(forward)).State
	nat := cs.NAT.NewEnableStaticNatParams(single, second)
	d.seen["static NAT"] = get(cs.NAT.EnableStaticNat(nat)).Success
	get(cs.NAT.CreateIpForwardingRule(cs.NAT.NewCreateIpForwardingRuleParams(single, "tcp", 443)))
	get(cs.Nic.AddIpToNic(cs.Nic.NewAddIpToNicParams(first.Nic[0].Id)))
	sources := cs.Address.NewListPublicIpAddressesParams()
	sources.SetAssociatednetworkid(network)
	sources.SetIssourcenat(true)
	source := only(get(cs.Address.ListPublicIpAddresses(sources)).PublicIpAddresses)
	access := cs.VPN.NewCreateRemoteAccessVpnParams(source.Id)
	d.seen["vpn"] = get(cs.VPN.CreateRemoteAccessVpn(access)).Presharedkey != ""
	get(cs.VPN.AddVpnUser(cs.VPN.NewAddVpnUserParams("password1", "traveller")))
	d.later(func() { get(cs.VPN.RemoveVpnUser(cs.VPN.NewRemoveVpnUserParams("traveller"))) })

	balanced := d.balanced(service, "members", 80)
	members := cs.LoadBalancer.NewAssignToLoadBalancerRuleParams(balanced)
	members.SetVirtualmachineids([]string{first.Id, second})
	d.seen["balanced"] = get(cs.LoadBalancer.AssignToLoadBalancerRule(members)).Success
	d.needed["ListLoadBalancerRuleInstances.0"] = balanced
	d.needed["ListLBStickinessPolicies.SetLbruleid"] = balanced
	sticky := cs.LoadBalancer.NewCreateLBStickinessPolicyParams(balanced, "LbCookie", "biscuit")
	get(cs.LoadBalancer.CreateLBStickinessPolicy(sticky))
	return d.balanced(service, "scaled", 81)
}

func (d *day) balanced(address string, name string, port int) string {
	cs := d.cs
	wanted := cs.LoadBalancer.NewCreateLoadBalancerRuleParams("roundrobin", name, 8080, port)
	wanted.SetPublicipid(address)
	rule := get(cs.LoadBalancer.CreateLoadBalancerRule(wanted))
	d.later(func() {
		get(cs.LoadBalancer.DeleteLoadBalancerRule(cs.LoadBalancer.NewDeleteLoadBalancerRuleParams(rule.Id)))
	})
	return rule.Id
}

func (d *day) address(network string) string {
	cs := d.cs
	wanted := cs.Address.NewAssociateIpAddressParams()
	wanted.SetNetworkid(network)
	address := get(cs.Address.AssociateIpAddress(wanted))
	d.later(func() { get(cs.Address.DisassociateIpAddress(cs.Address.NewDisassociateIpAddressParams(address.Id))) })
	return address.Id
}

// scaling puts a group of instances behind a load balancer rule.
func (d *day) scaling(zone string, rule string) {
	cs := d.cs
	offering, _, err := cs.ServiceOffering.GetServiceOfferingID("Small Instance")
	get(offering, err)
	template, _, err := cs.Template.GetTemplateID(image, "featured", zone)
	wanted := cs.AutoScale.NewCreateAutoScaleVmProfileParams(offering, get(template, err), zone)
	wanted.SetExpungevmgraceperiod(60)
	profile := get(cs.AutoScale.CreateAutoScaleVmProfile(wanted))
	d.later(func() {
		get(cs.AutoScale.DeleteAutoScaleVmProfile(cs.AutoScale.NewDeleteAutoScaleVmProfileParams(profile.Id)))
	})
	counters := cs.AutoScale.NewListCountersParams()
	counters.SetProvider("VirtualRouter")
	counter := get(cs.AutoScale.ListCounters(counters)).Counters[0]
	policies := map[string][]string{}
	for action, operator := range map[string]string{"SCALEUP": "GT", "SCALEDOWN": "LT"} {
		d.seen["condition"] = refusal(cs.AutoScale.CreateCondition(
			cs.AutoScale.NewCreateConditionParams(counter.Id, operator, 50),
		))
		condition := d.unread("listConditions", "condition")
		d.later(func() { get(cs.AutoScale.DeleteCondition(cs.AutoScale.NewDeleteConditionParams(condition))) })
		d.seen["policy"] = refusal(cs.AutoScale.CreateAutoScalePolicy(
			cs.AutoScale.NewCreateAutoScalePolicyParams(action, []string{condition}, 60),
		))
		policy := d.unread("listAutoScalePolicies", "autoscalepolicy")
		d.later(func() {
			get(cs.AutoScale.DeleteAutoScalePolicy(cs.AutoScale.NewDeleteAutoScalePolicyParams(policy)))
		})
		policies[action] = []string{policy}
	}
	scaled := cs.AutoScale.NewCreateAutoScaleVmGroupParams(
		rule, 2, 1, policies["SCALEDOWN"], policies["SCALEUP"], profile.Id,
	)
	scaled.SetName("web")
	d.seen["group"] = refusal(cs.AutoScale.CreateAutoScaleVmGroup(scaled))
	group := d.unread("listAutoScaleVmGroups", "autoscalevmgroup")
	d.later(func() {
		gone := cs.AutoScale.NewDeleteAutoScaleVmGroupParams(group)
		gone.SetCleanup(true)
		get(cs.AutoScale.DeleteAutoScaleVmGroup(gone))
	})
}

// life is what happens to an instance.
func (d *day) life(vm string) {
	cs := d.cs
	schedule := cs.VirtualMachine.NewCreateVMScheduleParams("STOP", "0 22 * * *", "UTC", vm)
	get(cs.VirtualMachine.CreateVMSchedule(schedule))
	d.needed["ListVMSchedule.0"] = vm
	d.seen["rebooted"] = get(cs.VirtualMachine.RebootVirtualMachine(
		cs.VirtualMachine.NewRebootVirtualMachineParams(vm),
	)).State
	d.seen["stopped"] = get(cs.VirtualMachine.StopVirtualMachine(cs.VirtualMachine.NewStopVirtualMachineParams(vm))).State
	larger, _, err := cs.ServiceOffering.GetServiceOfferingID("Medium Instance")
	get(cs.VirtualMachine.ChangeServiceForVirtualMachine(
		cs.VirtualMachine.NewChangeServiceForVirtualMachineParams(vm, get(larger, err)),
	))
	d.seen["failed job"] = refusal(cs.VirtualMachine.ResetPasswordForVirtualMachine(
		cs.VirtualMachine.NewResetPasswordForVirtualMachineParams(vm),
	))
	started := get(cs.VirtualMachine.StartVirtualMachine(cs.VirtualMachine.NewStartVirtualMachineParams(vm)))
	d.seen["started"], d.seen["scaled"] = started.State, started.Serviceofferingname
	console := get(cs.ConsoleEndpoint.CreateConsoleEndpoint(
		cs.ConsoleEndpoint.NewCreateConsoleEndpointParams(vm),
	))
	d.seen["console"] = console.Success
}
