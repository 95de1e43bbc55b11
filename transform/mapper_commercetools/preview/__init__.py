"""Shows what would be sent for a record, and why: the command `mapper-commercetools-preview`."""
