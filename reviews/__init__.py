"""Review requests, reviews and surveys live here; built with their own issue."""
