"""REST operations on what comes back."""
