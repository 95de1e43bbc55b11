"""Messages: what the platform writes down when resources change."""
