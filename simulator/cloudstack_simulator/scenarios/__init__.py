"""Ready-made clouds to start with."""
