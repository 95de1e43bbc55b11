"""The emulated Iterable API: users, events, commerce, catalogs, lists and subscriptions."""
