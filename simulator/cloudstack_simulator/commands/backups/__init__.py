"""Backups: offerings, repositories, backups and their schedules."""
