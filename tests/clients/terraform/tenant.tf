# What a tenant has around instances in an isolated network.

resource "cloudstack_ssh_keypair" "given" {
  name       = "given"
  public_key = var.public_key
}

resource "cloudstack_ssh_keypair" "made" {
  name = "made"
}

resource "cloudstack_affinity_group" "apart" {
  name        = "apart"
  type        = "host anti-affinity"
  description = "never on one host"
}

resource "cloudstack_network" "front" {
  name             = "front"
  display_text     = var.step == 1 ? "towards the street" : "towards the garden"
  cidr             = "10.1.7.0/24"
  network_domain   = "front.example.com"
  network_offering = "DefaultIsolatedNetworkOfferingWithSourceNatService"
  zone             = "Sandbox-simulator"
  tags             = { side = var.step == 1 ? "street" : "garden" }
}

resource "cloudstack_network" "back" {
  name             = "back"
  cidr             = "10.1.8.0/24"
  network_offering = "DefaultIsolatedNetworkOfferingWithSourceNatService"
  zone             = "Sandbox-simulator"
}

resource "cloudstack_instance" "web" {
  count              = 2
  name               = "web-${count.index}"
  display_name       = var.step == 1 ? "web ${count.index}" : "web server ${count.index}"
  service_offering   = var.step == 1 ? "Small Instance" : "Medium Instance"
  template           = "CentOS 5.6 (64-bit) no GUI (Simulator)"
  zone               = "Sandbox-simulator"
  network_id         = cloudstack_network.front.id
  group              = "webs"
  keypair            = cloudstack_ssh_keypair.given.name
  affinity_group_ids = [cloudstack_affinity_group.apart.id]
  user_data          = "#!/bin/sh\necho ${var.step}"
  expunge            = true
  tags               = var.step == 1 ? { stage = "test", owner = "web" } : { stage = "live" }
}

resource "cloudstack_nic" "second" {
  network_id         = cloudstack_network.back.id
  virtual_machine_id = cloudstack_instance.web[0].id
}

resource "cloudstack_secondary_ipaddress" "more" {
  virtual_machine_id = cloudstack_instance.web[1].id
}

resource "cloudstack_disk" "data" {
  name               = "data"
  disk_offering      = "Custom"
  size               = var.step == 1 ? 7 : 9
  zone               = "Sandbox-simulator"
  attach             = true
  reattach_on_change = true
  virtual_machine_id = cloudstack_instance.web[0].id
  tags               = { content = "step ${var.step}" }
}

resource "cloudstack_disk" "moved" {
  name               = "moved"
  disk_offering      = var.step == 1 ? "Small" : "Medium"
  zone               = "Sandbox-simulator"
  attach             = true
  reattach_on_change = true
  virtual_machine_id = cloudstack_instance.web[1].id
}

resource "cloudstack_volume" "loose" {
  name             = "loose"
  disk_offering_id = var.disk_offering
  zone_id          = data.cloudstack_zone.here.id
}

resource "cloudstack_attach_volume" "loose" {
  volume_id          = cloudstack_volume.loose.id
  virtual_machine_id = cloudstack_instance.web[1].id
}

# The first address of a network without one becomes its source NAT.
resource "cloudstack_ipaddress" "service" {
  depends_on = [cloudstack_instance.web]
  network_id = cloudstack_network.front.id
  tags       = { use = "service" }
}

resource "cloudstack_ipaddress" "one_to_one" {
  depends_on = [cloudstack_instance.web]
  network_id = cloudstack_network.front.id
}

resource "cloudstack_firewall" "service" {
  ip_address_id = cloudstack_ipaddress.service.id
  rule {
    protocol  = "tcp"
    cidr_list = ["192.0.2.0/24"]
    ports     = var.step == 1 ? ["80", "8000-8009"] : ["80", "443"]
  }
  rule {
    protocol  = "icmp"
    cidr_list = var.step == 1 ? ["0.0.0.0/0"] : ["192.0.2.0/24", "198.51.100.0/24"]
    icmp_type = 8
    icmp_code = 0
  }
}

resource "cloudstack_egress_firewall" "front" {
  network_id = cloudstack_network.front.id
  managed    = true
  rule {
    protocol  = "udp"
    cidr_list = ["10.1.7.0/24"]
    ports     = var.step == 1 ? ["53"] : ["53", "123"]
  }
  rule {
    protocol  = "icmp"
    cidr_list = ["10.1.7.0/24"]
    icmp_type = -1
    icmp_code = -1
  }
}

resource "cloudstack_port_forward" "service" {
  ip_address_id = cloudstack_ipaddress.service.id
  managed       = true
  forward {
    protocol           = "tcp"
    public_port        = 2201
    private_port       = 22
    virtual_machine_id = cloudstack_instance.web[0].id
  }
  forward {
    protocol           = "tcp"
    public_port        = var.step == 1 ? 2202 : 2203
    private_port       = 22
    virtual_machine_id = cloudstack_instance.web[1].id
    vm_guest_ip        = cloudstack_instance.web[1].ip_address
  }
}

resource "cloudstack_loadbalancer_rule" "service" {
  name          = "web"
  description   = var.step == 1 ? "all that is web" : "the first that is web"
  ip_address_id = cloudstack_ipaddress.service.id
  algorithm     = var.step == 1 ? "roundrobin" : "leastconn"
  protocol      = "tcp"
  public_port   = 80
  private_port  = 8080
  member_ids    = var.step == 1 ? cloudstack_instance.web[*].id : [cloudstack_instance.web[0].id]
}

resource "cloudstack_static_nat" "one_to_one" {
  ip_address_id      = cloudstack_ipaddress.one_to_one.id
  virtual_machine_id = cloudstack_instance.web[1].id
}

resource "cloudstack_security_group" "webs" {
  name        = "webs"
  description = "for web servers"
}

resource "cloudstack_security_group_rule" "webs" {
  security_group_id = cloudstack_security_group.webs.id
  rule {
    protocol  = "tcp"
    cidr_list = ["0.0.0.0/0"]
    ports     = var.step == 1 ? ["80"] : ["80", "443"]
  }
  rule {
    protocol     = "icmp"
    cidr_list    = ["10.0.0.0/8"]
    icmp_type    = -1
    icmp_code    = -1
    traffic_type = "egress"
  }
}


resource "cloudstack_autoscale_vm_profile" "webs" {
  service_offering = "Small Instance"
  template         = "CentOS 5.6 (64-bit) no GUI (Simulator)"
  zone             = "Sandbox-simulator"
  metadata         = { step = "number ${var.step}" }
}

data "cloudstack_zone" "here" {
  filter {
    name  = "name"
    value = "^Sandbox"
  }
}

data "cloudstack_volume" "data" {
  filter {
    name  = "name"
    value = "^${cloudstack_disk.data.name}$"
  }
}

data "cloudstack_instance" "web" {
  filter {
    name  = "name"
    value = cloudstack_instance.web[1].name
  }
}

data "cloudstack_ipaddress" "service" {
  filter {
    name  = "id"
    value = cloudstack_ipaddress.service.id
  }
}

data "cloudstack_ssh_keypair" "given" {
  filter {
    name  = "name"
    value = cloudstack_ssh_keypair.given.name
  }
}

data "cloudstack_service_offering" "small" {
  filter {
    name  = "name"
    value = "^Small Instance$"
  }
}

output "seen" {
  value = {
    instance = data.cloudstack_instance.web.state
    address  = data.cloudstack_ipaddress.service.ip_address == cloudstack_ipaddress.service.ip_address
    key      = data.cloudstack_ssh_keypair.given.fingerprint == cloudstack_ssh_keypair.given.fingerprint
    offering = data.cloudstack_service_offering.small.display_text
  }
}
