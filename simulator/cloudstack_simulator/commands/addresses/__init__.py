"""Public and guest address ranges, and portable ranges."""
