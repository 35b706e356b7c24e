"""Shared file systems: NFS exports of instances that the server makes for them."""
