"""Zones and what stands in them: pods, clusters, ranges of the management network, dedication, capacity, regions."""
