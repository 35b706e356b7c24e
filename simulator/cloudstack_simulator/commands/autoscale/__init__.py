"""Groups of instances that grow and shrink."""
