"""Image stores (secondary storage): what lies on them, moving it, staging stores."""
