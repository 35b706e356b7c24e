# A VPC with tiers, access control lists, a private gateway and a VPN to another one.

resource "cloudstack_vpc" "office" {
  name           = "office"
  display_text   = var.step == 1 ? "the office" : "the new office"
  cidr           = "10.20.0.0/16"
  network_domain = "office.example.com"
  vpc_offering   = "Default VPC offering"
  zone           = "Sandbox-simulator"
  tags           = { floor = "${var.step}" }
}

resource "cloudstack_vpc" "branch" {
  name         = "branch"
  cidr         = "10.21.0.0/16"
  vpc_offering = "Default VPC offering"
  zone         = "Sandbox-simulator"
}

resource "cloudstack_network_acl" "web" {
  name        = "web"
  description = "what reaches web servers"
  vpc_id      = cloudstack_vpc.office.id
}

resource "cloudstack_network_acl" "other" {
  name   = "other"
  vpc_id = cloudstack_vpc.office.id
}

resource "cloudstack_network_acl_rule" "web" {
  acl_id  = cloudstack_network_acl.web.id
  managed = true
  rule {
    action       = "allow"
    protocol     = "tcp"
    cidr_list    = ["0.0.0.0/0"]
    ports        = var.step == 1 ? ["80"] : ["80", "443"]
    traffic_type = "ingress"
  }
  rule {
    action       = var.step == 1 ? "deny" : "allow"
    protocol     = "icmp"
    cidr_list    = ["192.0.2.0/24"]
    icmp_type    = -1
    icmp_code    = -1
    traffic_type = "ingress"
  }
  rule {
    action       = "allow"
    protocol     = "all"
    cidr_list    = ["0.0.0.0/0"]
    traffic_type = "egress"
  }
}

resource "cloudstack_network" "tier" {
  name             = "tier"
  cidr             = "10.20.1.0/24"
  network_offering = "DefaultIsolatedNetworkOfferingForVpcNetworks"
  vpc_id           = cloudstack_vpc.office.id
  acl_id           = var.step == 1 ? cloudstack_network_acl.web.id : cloudstack_network_acl.other.id
  zone             = "Sandbox-simulator"
}

resource "cloudstack_instance" "inside" {
  name             = "inside"
  service_offering = "Small Instance"
  template         = "CentOS 5.6 (64-bit) no GUI (Simulator)"
  zone             = "Sandbox-simulator"
  network_id       = cloudstack_network.tier.id
  ip_address       = "10.20.1.77"
  expunge          = true
}

resource "cloudstack_ipaddress" "office" {
  vpc_id = cloudstack_vpc.office.id
  zone   = "Sandbox-simulator"
}

resource "cloudstack_port_forward" "office" {
  ip_address_id = cloudstack_ipaddress.office.id
  forward {
    protocol           = "tcp"
    public_port        = var.step == 1 ? 8080 : 8081
    private_port       = 80
    virtual_machine_id = cloudstack_instance.inside.id
  }
}

resource "cloudstack_private_gateway" "leased_line" {
  gateway             = "172.29.0.1"
  ip_address          = "172.29.0.2"
  netmask             = "255.255.255.0"
  vlan                = "920"
  vpc_id              = cloudstack_vpc.office.id
  acl_id              = cloudstack_network_acl.other.id
  physical_network_id = var.physical_network
}

resource "cloudstack_static_route" "leased_line" {
  cidr       = "172.30.0.0/16"
  gateway_id = cloudstack_private_gateway.leased_line.id
}

resource "cloudstack_vpn_gateway" "office" {
  vpc_id = cloudstack_vpc.office.id
}

resource "cloudstack_vpn_gateway" "branch" {
  vpc_id = cloudstack_vpc.branch.id
}

resource "cloudstack_vpn_customer_gateway" "branch" {
  name         = "branch"
  cidr         = cloudstack_vpc.branch.cidr
  gateway      = cloudstack_vpn_gateway.branch.public_ip
  esp_policy   = "aes256-sha256"
  ike_policy   = "aes256-sha256;modp2048"
  ipsec_psk    = "between-us"
  dpd          = true
  esp_lifetime = 3600
  ike_lifetime = var.step == 1 ? 86400 : 43200
}

resource "cloudstack_vpn_connection" "branch" {
  customer_gateway_id = cloudstack_vpn_customer_gateway.branch.id
  vpn_gateway_id      = cloudstack_vpn_gateway.office.id
}

data "cloudstack_vpc" "office" {
  filter {
    name  = "name"
    value = cloudstack_vpc.office.name
  }
}

data "cloudstack_vpn_connection" "branch" {
  filter {
    name  = "id"
    value = cloudstack_vpn_connection.branch.id
  }
}

output "seen" {
  value = {
    offering   = data.cloudstack_vpc.office.vpc_offering_name
    connection = data.cloudstack_vpn_connection.branch.s2s_vpn_gateway_id == cloudstack_vpn_gateway.office.id
  }
}
