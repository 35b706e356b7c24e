package main

// vpc connects two VPCs and one of them to a line.
func (d *day) vpc() {
	cs := d.cs
	zone := d.zone("Sandbox-simulator")
	office, branch := d.newVPC(zone.Id, "office", "10.20.0.0/16"), d.newVPC(zone.Id, "branch", "10.21.0.0/16")
	list := get(cs.NetworkACL.CreateNetworkACLList(cs.NetworkACL.NewCreateNetworkACLListParams("web", office)))
	d.later(func() {
		get(cs.NetworkACL.DeleteNetworkACLList(cs.NetworkACL.NewDeleteNetworkACLListParams(list.Id)))
	})
	item := cs.NetworkACL.NewCreateNetworkACLParams("tcp")
	item.SetAclid(list.Id)
	item.SetStartport(80)
	item.SetEndport(80)
	item.SetCidrlist([]string{"0.0.0.0/0"})
	d.seen["ACL item"] = get(cs.NetworkACL.CreateNetworkACL(item)).Number

	offering, _, err := cs.NetworkOffering.GetNetworkOfferingID(
		"DefaultIsolatedNetworkOfferingForVpcNetworksWithInternalLB",
	)
	tier := cs.Network.NewCreateNetworkParams("tier", get(offering, err), zone.Id)
	tier.SetDisplaytext("tier")
	tier.SetVpcid(office)
	tier.SetGateway("10.20.1.1")
	tier.SetNetmask("255.255.255.0")
	tier.SetAclid(list.Id)
	network := get(cs.Network.CreateNetwork(tier))
	d.later(func() { get(cs.Network.DeleteNetwork(cs.Network.NewDeleteNetworkParams(network.Id))) })
	inner := get(cs.LoadBalancer.CreateLoadBalancer(cs.LoadBalancer.NewCreateLoadBalancerParams(
		"roundrobin", 8080, "inner", network.Id, "Internal", network.Id, 80,
	)))
	d.later(func() {
		get(cs.LoadBalancer.DeleteLoadBalancer(cs.LoadBalancer.NewDeleteLoadBalancerParams(inner.Id)))
	})

	line := cs.VPC.NewCreatePrivateGatewayParams("172.29.0.1", "172.29.0.2", "255.255.255.0", office)
	line.SetVlan("920")
	gateway := get(cs.VPC.CreatePrivateGateway(line))
	d.later(func() { get(cs.VPC.DeletePrivateGateway(cs.VPC.NewDeletePrivateGatewayParams(gateway.Id))) })
	route := get(cs.VPC.CreateStaticRoute(cs.VPC.NewCreateStaticRouteParams("172.30.0.0/16", gateway.Id)))
	d.later(func() { get(cs.VPC.DeleteStaticRoute(cs.VPC.NewDeleteStaticRouteParams(route.Id))) })

	ours := get(cs.VPN.CreateVpnGateway(cs.VPN.NewCreateVpnGatewayParams(office)))
	d.later(func() { get(cs.VPN.DeleteVpnGateway(cs.VPN.NewDeleteVpnGatewayParams(ours.Id))) })
	theirs := get(cs.VPN.CreateVpnGateway(cs.VPN.NewCreateVpnGatewayParams(branch)))
	d.later(func() { get(cs.VPN.DeleteVpnGateway(cs.VPN.NewDeleteVpnGatewayParams(theirs.Id))) })
	far := cs.VPN.NewCreateVpnCustomerGatewayParams(
		"10.21.0.0/16", "aes256-sha256", theirs.Publicip, "aes256-sha256;modp2048", "between-us",
	)
	far.SetName("branch")
	customer := get(cs.VPN.CreateVpnCustomerGateway(far))
	d.later(func() {
		get(cs.VPN.DeleteVpnCustomerGateway(cs.VPN.NewDeleteVpnCustomerGatewayParams(customer.Id)))
	})
	tunnel := get(cs.VPN.CreateVpnConnection(cs.VPN.NewCreateVpnConnectionParams(customer.Id, ours.Id)))
	d.later(func() { get(cs.VPN.DeleteVpnConnection(cs.VPN.NewDeleteVpnConnectionParams(tunnel.Id))) })
	d.seen["tunnel lasts"] = customer.Esplifetime
}

func (d *day) newVPC(zone string, name string, cidr string) string {
	cs := d.cs
	offering, _, err := cs.VPC.GetVPCOfferingID("Default VPC offering")
	vpc := get(cs.VPC.CreateVPC(cs.VPC.NewCreateVPCParams(cidr, name, name, get(offering, err), zone)))
	d.later(func() { get(cs.VPC.DeleteVPC(cs.VPC.NewDeleteVPCParams(vpc.Id))) })
	return vpc.Id
}
