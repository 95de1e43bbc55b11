"""Iterable's vocabulary: users, purchases and catalog items."""
