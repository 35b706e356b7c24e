"""Command handlers of each area: importing a module registers them."""
