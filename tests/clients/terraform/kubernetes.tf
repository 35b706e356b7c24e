# Kubernetes clusters and the versions that they may have.

resource "cloudstack_service_offering" "node" {
  name          = "node"
  display_text  = "for nodes"
  cpu_number    = 2
  cpu_speed     = 500
  memory        = 2048
  host_tags     = ""
  limit_cpu_use = false
  offer_ha      = false
  storage_type  = "shared"
}

resource "cloudstack_kubernetes_version" "old" {
  semantic_version = "1.29.4"
  name             = "old"
  url              = "http://images.example.com/1.29.4.iso"
  min_cpu          = 2
  min_memory       = 2048
  zone             = "Populated"
}

resource "cloudstack_kubernetes_version" "new" {
  semantic_version = "1.30.1"
  name             = "new"
  url              = "http://images.example.com/1.30.1.iso"
  min_cpu          = 2
  min_memory       = 2048
  zone             = "Populated"
}

resource "cloudstack_kubernetes_version" "spare" {
  semantic_version = "1.28.0"
  url              = "http://images.example.com/1.28.0.iso"
  min_cpu          = 2
  min_memory       = 2048
  state            = var.step == 1 ? "Enabled" : "Disabled"
}

resource "cloudstack_kubernetes_cluster" "shop" {
  name               = "shop"
  description        = "all that sells"
  zone               = "Populated"
  kubernetes_version = var.step == 1 ? cloudstack_kubernetes_version.old.name : cloudstack_kubernetes_version.new.name
  service_offering   = cloudstack_service_offering.node.name
  size               = var.step == 1 ? 1 : 2
}

output "seen" {
  value = { state = cloudstack_kubernetes_cluster.shop.state }
}
