# What an operator makes: offerings, tenants, zones, hosts, templates.

resource "cloudstack_zone" "second" {
  name          = "second"
  dns1          = "192.0.2.53"
  internal_dns1 = "10.9.0.53"
  network_type  = "Advanced"
}

resource "cloudstack_service_offering" "fast" {
  name          = var.step == 1 ? "fast" : "very fast"
  display_text  = "fast and safe"
  cpu_number    = 2
  cpu_speed     = 2000
  memory        = 2048
  host_tags     = var.step == 1 ? "ssd" : "nvme"
  limit_cpu_use = true
  offer_ha      = true
  storage_type  = "shared"
}

resource "cloudstack_disk_offering" "archive" {
  name         = "archive"
  display_text = "slow and large"
  disk_size    = 100
}

resource "cloudstack_network_offering" "plain" {
  name          = "plain"
  display_text  = "nothing but a wire"
  guest_ip_type = "L2"
  traffic_type  = "Guest"
}

resource "cloudstack_network_offering" "common" {
  name          = "common"
  display_text  = "for all"
  guest_ip_type = "Shared"
  traffic_type  = "Guest"
}

resource "cloudstack_domain" "customers" {
  name           = "customers"
  network_domain = "customers.example.com"
}

resource "cloudstack_domain" "first" {
  name             = "first"
  parent_domain_id = cloudstack_domain.customers.id
}

resource "cloudstack_account" "shop" {
  account      = "shop"
  account_type = 0
  role_id      = var.user_role
  username     = "shopkeeper"
  password     = var.password
  email        = "shop@example.com"
  first_name   = "Shop"
  last_name    = "Keeper"
}

resource "cloudstack_user" "help" {
  account    = cloudstack_account.shop.account
  username   = "help"
  password   = var.password
  email      = "help@example.com"
  first_name = "Help"
  last_name  = "Ing"
}

resource "cloudstack_host" "more" {
  hypervisor = "Simulator"
  zone_id    = data.cloudstack_pod.here.zone_id
  pod_id     = data.cloudstack_pod.here.pod_id
  cluster_id = var.cluster
  url        = "http://sim/c0/more"
  username   = "root"
  password   = var.password
}

resource "cloudstack_template" "tiny" {
  name             = var.step == 1 ? "tiny" : "tiny and new"
  display_text     = "a small system"
  format           = "VHD"
  hypervisor       = "Simulator"
  os_type          = "CentOS 5.6 (64-bit)"
  url              = "http://images.example.com/tiny.vhd"
  zone             = "Sandbox-simulator"
  is_extractable   = true
  password_enabled = var.step == 2
  tags             = { step = "number ${var.step}" }
}

resource "cloudstack_user" "second" {
  account    = "admin"
  username   = "second"
  password   = var.password
  email      = "second@example.com"
  first_name = "Second"
  last_name  = "Operator"
}

data "cloudstack_pod" "here" {
  filter {
    name  = "name"
    value = "^POD0$"
  }
}

data "cloudstack_template" "built_in" {
  template_filter = "featured"
  filter {
    name  = "name"
    value = "no GUI"
  }
}

data "cloudstack_network_offering" "common" {
  filter {
    name  = "name"
    value = "^${cloudstack_network_offering.common.name}$"
  }
}

data "cloudstack_user" "second" {
  filter {
    name  = "username"
    value = "^${cloudstack_user.second.username}$"
  }
}

output "seen" {
  value = {
    netmask  = data.cloudstack_pod.here.netmask
    template = data.cloudstack_template.built_in.hypervisor
    offering = data.cloudstack_network_offering.common.guest_ip_type
    user     = data.cloudstack_user.second.email
  }
}
