"""Physical networks with their traffic types, VLANs, service providers and storage ranges."""
