"""Primary storage pools and image stores."""
