"""Instances: their life, sizes, places, disks and NICs, and what belongs to them."""
