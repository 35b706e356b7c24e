"""VPCs: tiers, access lists, private gateways and site-to-site VPNs."""
