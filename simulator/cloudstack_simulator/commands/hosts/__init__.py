"""Hosts: their life, maintenance and agents."""
