"""Singer target for Dotdigital: every record delivered, rejected with its reason, or skipped."""
