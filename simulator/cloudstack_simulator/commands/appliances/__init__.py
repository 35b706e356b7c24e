"""The server's own VMs: system VMs and virtual routers."""
