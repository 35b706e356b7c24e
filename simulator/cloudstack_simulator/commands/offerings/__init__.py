"""Service, disk, network and VPC offerings."""
