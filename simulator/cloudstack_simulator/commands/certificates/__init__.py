"""Certificates: of system VMs, of load balancers, of the cloud's own authority."""
