terraform {
  required_providers {
    cloudstack = { source = "cloudstack/cloudstack" }
  }
}

provider "cloudstack" {}

variable "step" {
  type    = number
  default = 1
}

variable "public_key" {
  default = ""
}

variable "physical_network" {
  default = ""
}

variable "disk_offering" {
  default = ""
}

variable "user_role" {
  default = ""
}

variable "cluster" {
  default = ""
}

variable "password" {
  sensitive = true
  default   = ""
}
