"""What is built into a server: catalogues, capabilities, its own list of commands."""
