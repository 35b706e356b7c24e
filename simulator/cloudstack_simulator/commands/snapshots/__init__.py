"""Snapshots of volumes and their policies."""
