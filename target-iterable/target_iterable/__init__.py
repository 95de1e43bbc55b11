"""Singer target for Iterable: every record delivered, rejected with its reason, or skipped."""
