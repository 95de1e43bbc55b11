"""What the records of each stream look like, as JSON Schema, one module per resource family."""
