"""Routed networks and what they need."""
