"""Features around the core: backups, quota, usage, webhooks, object storage, host HA, out-of-band management."""
