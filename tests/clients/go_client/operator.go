package main

import "github.com/apache/cloudstack-go/v2/cloudstack"

// operator makes tenants, offerings and a zone, and looks after hosts.
func (d *day) operator(password string) {
	d.tenants(password)
	d.offerings()
	d.infrastructure(password)
	d.features()
	d.images()
	d.maintenance()
}

func (d *day) tenants(password string) {
	cs := d.cs
	wanted := cs.Domain.NewCreateDomainParams("customers")
	wanted.SetNetworkdomain("customers.example.com")
	domain := get(cs.Domain.CreateDomain(wanted))
	d.later(func() {
		gone := cs.Domain.NewDeleteDomainParams(domain.Id)
		gone.SetCleanup(true)
		get(cs.Domain.DeleteDomain(gone))
	})
	role := cs.Role.NewCreateRoleParams("lookers")
	role.SetType("User")
	lookers := get(cs.Role.CreateRole(role))
	d.later(func() { get(cs.Role.DeleteRole(cs.Role.NewDeleteRoleParams(lookers.Id))) })
	get(cs.Role.CreateRolePermission(cs.Role.NewCreateRolePermissionParams("allow", lookers.Id, "list*")))

	person := cs.Account.NewCreateAccountParams("shop@example.com", "Shop", "Keeper", password, "shop")
	person.SetDomainid(domain.Id)
	person.SetRoleid(lookers.Id)
	account := get(cs.Account.CreateAccount(person))
	d.later(func() { get(cs.Account.DeleteAccount(cs.Account.NewDeleteAccountParams(account.Id))) })
	second := cs.User.NewCreateUserParams("shop", "help@example.com", "Help", "Ing", password, "help")
	second.SetDomainid(domain.Id)
	user := get(cs.User.CreateUser(second))
	keys := get(cs.User.RegisterUserKeys(cs.User.NewRegisterUserKeysParams(user.Id)))
	limit := cs.Limit.NewUpdateResourceLimitParams(0)
	limit.SetDomainid(domain.Id)
	limit.SetAccount("shop")
	limit.SetMax(7)
	get(cs.Limit.UpdateResourceLimit(limit))
	limits := cs.Limit.NewListResourceLimitsParams()
	limits.SetDomainid(domain.Id)
	limits.SetAccount("shop")
	limits.SetResourcetype(0)
	d.seen["limit"] = only(get(cs.Limit.ListResourceLimits(limits)).ResourceLimits).Max

	theirs := cloudstack.NewAsyncClient(apiURL(), keys.Apikey, keys.Secretkey, false)
	d.seen["a looker's zones"] = get(theirs.Zone.ListZones(theirs.Zone.NewListZonesParams())).Count
	d.seen["a looker's refusal"] = refusal(theirs.SSH.CreateSSHKeyPair(theirs.SSH.NewCreateSSHKeyPairParams("x")))

	project := get(cs.Project.CreateProject(cs.Project.NewCreateProjectParams("a shop on the web", "web shop")))
	d.later(func() { get(cs.Project.DeleteProject(cs.Project.NewDeleteProjectParams(project.Id))) })
	member := get(cs.Project.CreateProjectRole(cs.Project.NewCreateProjectRoleParams("helpers", project.Id)))
	get(cs.Project.CreateProjectRolePermission(
		cs.Project.NewCreateProjectRolePermissionParams("allow", project.Id, member.Id, "listVolumes"),
	))
	for _, list := range []string{"ListProjectAccounts", "ListProjectRoles", "ListProjectRolePermissions"} {
		d.needed[list+".0"] = project.Id
	}
}

func (d *day) offerings() {
	cs := d.cs
	compute := cs.ServiceOffering.NewCreateServiceOfferingParams("two of each", "two")
	compute.SetCpunumber(2)
	compute.SetCpuspeed(1000)
	compute.SetMemory(1024)
	compute.SetServiceofferingdetails(map[string]string{"colour": "blue"})
	two := get(cs.ServiceOffering.CreateServiceOffering(compute))
	d.later(func() {
		get(cs.ServiceOffering.DeleteServiceOffering(cs.ServiceOffering.NewDeleteServiceOfferingParams(two.Id)))
	})
	disk := cs.DiskOffering.NewCreateDiskOfferingParams("for archives", "archive")
	disk.SetDisksize(100)
	archive := get(cs.DiskOffering.CreateDiskOffering(disk))
	d.later(func() {
		get(cs.DiskOffering.DeleteDiskOffering(cs.DiskOffering.NewDeleteDiskOfferingParams(archive.Id)))
	})
	wire := cs.NetworkOffering.NewCreateNetworkOfferingParams("a wire", "L2", "wire", "Guest")
	l2 := get(cs.NetworkOffering.CreateNetworkOffering(wire))
	d.later(func() {
		get(cs.NetworkOffering.DeleteNetworkOffering(cs.NetworkOffering.NewDeleteNetworkOfferingParams(l2.Id)))
	})
	change := cs.NetworkOffering.NewUpdateNetworkOfferingParams()
	change.SetId(l2.Id)
	change.SetState("Enabled")
	d.seen["network offering"] = get(cs.NetworkOffering.UpdateNetworkOffering(change)).State
	vpc := cs.VPC.NewCreateVPCOfferingParams("for a few", "few")
	vpc.SetSupportedservices([]string{"Dhcp", "Dns", "SourceNat"})
	few := get(cs.VPC.CreateVPCOffering(vpc))
	d.later(func() { get(cs.VPC.DeleteVPCOffering(cs.VPC.NewDeleteVPCOfferingParams(few.Id))) })
}

// infrastructure builds a zone from the ground up.
func (d *day) infrastructure(password string) {
	cs := d.cs
	zone := get(cs.Zone.CreateZone(cs.Zone.NewCreateZoneParams("192.0.2.53", "10.9.0.53", "second", "Advanced")))
	d.later(func() { get(cs.Zone.DeleteZone(cs.Zone.NewDeleteZoneParams(zone.Id))) })
	d.needed["ListSecondaryStorageSelectors.0"] = zone.Id
	d.needed["ListTrafficMonitors.0"] = zone.Id
	d.needed["ListVmwareDcs.0"] = zone.Id

	wire := cs.Network.NewCreatePhysicalNetworkParams("wire", zone.Id)
	wire.SetVlan("500-599")
	wire.SetIsolationmethods([]string{"VLAN"})
	physical := get(cs.Network.CreatePhysicalNetwork(wire))
	d.later(func() {
		get(cs.Network.DeletePhysicalNetwork(cs.Network.NewDeletePhysicalNetworkParams(physical.Id)))
	})
	d.needed["ListTrafficTypes.0"] = physical.Id
	for _, kind := range []string{"Management", "Public", "Guest", "Storage"} {
		get(cs.Usage.AddTrafficType(cs.Usage.NewAddTrafficTypeParams(physical.Id, kind)))
	}
	enable := cs.Network.NewUpdatePhysicalNetworkParams(physical.Id)
	enable.SetState("Enabled")
	d.seen["physical network"] = get(cs.Network.UpdatePhysicalNetwork(enable)).State

	rack := cs.Pod.NewCreatePodParams("rack", zone.Id)
	rack.SetGateway("10.9.1.1")
	rack.SetNetmask("255.255.255.0")
	rack.SetStartip("10.9.1.10")
	rack.SetEndip("10.9.1.99")
	pod := get(cs.Pod.CreatePod(rack))
	d.later(func() { get(cs.Pod.DeletePod(cs.Pod.NewDeletePodParams(pod.Id))) })
	storage := cs.Network.NewCreateStorageNetworkIpRangeParams("10.9.2.1", "255.255.255.0", pod.Id, "10.9.2.10")
	storage.SetEndip("10.9.2.20")
	ips := get(cs.Network.CreateStorageNetworkIpRange(storage))
	d.later(func() {
		get(cs.Network.DeleteStorageNetworkIpRange(cs.Network.NewDeleteStorageNetworkIpRangeParams(ips.Id)))
	})
	public := cs.VLAN.NewCreateVlanIpRangeParams()
	public.SetZoneid(zone.Id)
	public.SetForvirtualnetwork(true)
	public.SetGateway("198.51.100.1")
	public.SetNetmask("255.255.255.0")
	public.SetStartip("198.51.100.10")
	public.SetEndip("198.51.100.20")
	public.SetVlan("77")
	vlan := get(cs.VLAN.CreateVlanIpRange(public))
	d.later(func() { get(cs.VLAN.DeleteVlanIpRange(cs.VLAN.NewDeleteVlanIpRangeParams(vlan.Id))) })

	added := get(cs.Cluster.AddCluster(
		cs.Cluster.NewAddClusterParams("fakes", "CloudManaged", "Simulator", pod.Id, zone.Id),
	))
	d.later(func() { get(cs.Cluster.DeleteCluster(cs.Cluster.NewDeleteClusterParams(added.Id))) })
	machine := cs.Host.NewAddHostParams("Simulator", pod.Id, "http://sim/second/one", zone.Id)
	machine.SetClusterid(added.Id)
	machine.SetUsername("root")
	machine.SetPassword(password)
	machine.SetHosttags([]string{"fast"})
	host := get(cs.Host.AddHost(machine))
	d.later(func() {
		gone := cs.Host.NewDeleteHostParams(host.Id)
		gone.SetForced(true)
		get(cs.Host.DeleteHost(gone))
	})
	pool := cs.Pool.NewCreateStoragePoolParams("ps", "nfs://10.9.2.5/primary", zone.Id)
	pool.SetPodid(pod.Id)
	pool.SetClusterid(added.Id)
	pool.SetTags("ssd")
	primary := get(cs.Pool.CreateStoragePool(pool))
	d.later(func() {
		rest := cs.StoragePool.NewEnableStorageMaintenanceParams(primary.Id)
		get(cs.StoragePool.EnableStorageMaintenance(rest))
		get(cs.Pool.DeleteStoragePool(cs.Pool.NewDeleteStoragePoolParams(primary.Id)))
	})
	d.needed["ListAffectedVmsForStorageScopeChange.0"] = added.Id
	d.needed["ListAffectedVmsForStorageScopeChange.1"] = primary.Id
	d.needed["ListStoragePoolObjects.0"] = primary.Id
	d.needed["ListVolumesForImport.0"] = primary.Id
	d.needed["ListUnmanagedInstances.0"] = added.Id
	store := cs.ImageStore.NewAddImageStoreParams("NFS")
	store.SetName("ss")
	store.SetZoneid(zone.Id)
	store.SetUrl("nfs://10.9.2.5/secondary")
	secondary := get(cs.ImageStore.AddImageStore(store))
	d.later(func() { get(cs.ImageStore.DeleteImageStore(cs.ImageStore.NewDeleteImageStoreParams(secondary.Id))) })
	d.needed["ListImageStoreObjects.0"] = secondary.Id

	named := cs.Domain.NewListDomainsParams()
	named.SetName("ROOT")
	root := only(get(cs.Domain.ListDomains(named)).Domains)
	get(cs.Cluster.DedicateCluster(cs.Cluster.NewDedicateClusterParams(added.Id, root.Id)))
	d.later(func() {
		get(cs.Cluster.ReleaseDedicatedCluster(cs.Cluster.NewReleaseDedicatedClusterParams(added.Id)))
	})
	guests := cs.VLAN.NewDedicateGuestVlanRangeParams(physical.Id, "510-519")
	guests.SetDomainid(root.Id)
	guests.SetAccount("admin")
	dedicated := get(cs.VLAN.DedicateGuestVlanRange(guests))
	d.later(func() {
		get(cs.VLAN.ReleaseDedicatedGuestVlanRange(cs.VLAN.NewReleaseDedicatedGuestVlanRangeParams(dedicated.Id)))
	})
}

// features are the smaller things that an operator sets up.
func (d *day) features() {
	cs := d.cs
	portable := get(cs.PortableIP.CreatePortableIpRange(
		cs.PortableIP.NewCreatePortableIpRangeParams("203.0.113.20", "203.0.113.1", "255.255.255.0", 1, "203.0.113.10"),
	))
	d.later(func() {
		get(cs.PortableIP.DeletePortableIpRange(cs.PortableIP.NewDeletePortableIpRangeParams(portable.Id)))
	})
	get(cs.Region.AddRegion(cs.Region.NewAddRegionParams("http://cloud.example.com/client/api", 2, "south")))
	d.later(func() { get(cs.Region.RemoveRegion(cs.Region.NewRemoveRegionParams(2))) })
	objects := get(cs.StoragePool.AddObjectStoragePool(
		cs.StoragePool.NewAddObjectStoragePoolParams("objects", "Simulator", "http://objects.example.com"),
	))
	d.later(func() {
		get(cs.StoragePool.DeleteObjectStoragePool(cs.StoragePool.NewDeleteObjectStoragePoolParams(objects.Id)))
	})
	backups := cs.ObjectStore.NewCreateBucketParams("backups", objects.Id)
	backups.SetQuota(5)
	bucket := get(cs.ObjectStore.CreateBucket(backups))
	d.later(func() { get(cs.ObjectStore.DeleteBucket(cs.ObjectStore.NewDeleteBucketParams(bucket.Id))) })
	get(cs.Webhook.CreateWebhook(cs.Webhook.NewCreateWebhookParams("watch", "https://hooks.example.com/x")))
	hook := only(get(cs.Webhook.ListWebhooks(cs.Webhook.NewListWebhooksParams())).Webhooks)
	d.later(func() { get(cs.Webhook.DeleteWebhook(cs.Webhook.NewDeleteWebhookParams(hook.Id))) })

	zone := d.zone("Sandbox-simulator")
	get(cs.Resourcemetadata.AddResourceDetail(
		cs.Resourcemetadata.NewAddResourceDetailParams(map[string]string{"floor": "2"}, zone.Id, "Zone"),
	))
	d.needed["ListResourceDetails.0"] = "Zone"
	d.needed["ListResourceDetails.SetResourceid"] = zone.Id
	d.needed["ListResourceIcon.0"] = zone.Id
	d.needed["ListResourceIcon.1"] = "Zone"
	note := cs.Annotation.NewAddAnnotationParams()
	note.SetAnnotation("on the second floor")
	note.SetEntitytype("ZONE")
	note.SetEntityid(zone.Id)
	written := get(cs.Annotation.AddAnnotation(note))
	d.later(func() { get(cs.Annotation.RemoveAnnotation(cs.Annotation.NewRemoveAnnotationParams(written.Id))) })

	setting := cs.Configuration.NewUpdateConfigurationParams("expunge.delay")
	setting.SetValue("30")
	d.seen["setting"] = get(cs.Configuration.UpdateConfiguration(setting)).Value
	category := get(cs.GuestOS.ListOsCategories(cs.GuestOS.NewListOsCategoriesParams())).OsCategories[0]
	os := get(cs.GuestOS.AddGuestOs(cs.GuestOS.NewAddGuestOsParams(category.Id, "Our Linux 1")))
	d.later(func() { get(cs.GuestOS.RemoveGuestOs(cs.GuestOS.NewRemoveGuestOsParams(os.Id))) })
	mapping := cs.GuestOS.NewAddGuestOsMappingParams("KVM", "default", "Our Linux")
	mapping.SetOstypeid(os.Id)
	mapped := get(cs.GuestOS.AddGuestOsMapping(mapping))
	d.later(func() { get(cs.GuestOS.RemoveGuestOsMapping(cs.GuestOS.NewRemoveGuestOsMappingParams(mapped.Id))) })
}

func (d *day) images() {
	cs := d.cs
	zone := d.zone("Sandbox-simulator")
	system := only(get(cs.GuestOS.ListOsTypes(described(cs, "CentOS 5.6 (64-bit)"))).OsTypes)
	wanted := cs.Template.NewRegisterTemplateParams(
		"a small one", "VHD", "Simulator", "tiny", "http://images.example.com/tiny.vhd",
	)
	wanted.SetZoneid(zone.Id)
	wanted.SetOstypeid(system.Id)
	template := get(cs.Template.RegisterTemplate(wanted)).RegisterTemplate[0]
	d.later(func() { get(cs.Template.DeleteTemplate(cs.Template.NewDeleteTemplateParams(template.Id))) })
	d.needed["ListTemplatePermissions.0"] = template.Id
	disc := cs.ISO.NewRegisterIsoParams("to boot from", "disc", "http://images.example.com/disc.iso", zone.Id)
	disc.SetOstypeid(system.Id)
	iso := get(cs.ISO.RegisterIso(disc))
	d.later(func() { get(cs.ISO.DeleteIso(cs.ISO.NewDeleteIsoParams(iso.Id))) })
	d.needed["ListIsoPermissions.0"] = iso.Id
}

func described(cs client, text string) *cloudstack.ListOsTypesParams {
	wanted := cs.GuestOS.NewListOsTypesParams()
	wanted.SetDescription(text)
	return wanted
}

// maintenance takes a host away and back again.
func (d *day) maintenance() {
	cs := d.cs
	hosts := cs.Host.NewListHostsParams()
	hosts.SetType("Routing")
	hosts.SetState("Up")
	host := get(cs.Host.ListHosts(hosts)).Hosts[0]
	get(cs.Host.PrepareHostForMaintenance(cs.Host.NewPrepareHostForMaintenanceParams(host.Id)))
	d.seen["host back"] = get(cs.Host.CancelHostMaintenance(
		cs.Host.NewCancelHostMaintenanceParams(host.Id),
	)).Resourcestate
}
