"""Row classes of each area: importing a module declares its tables."""
