"""Schedules of instances."""
