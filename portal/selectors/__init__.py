"""What the shopper's pages read."""
