"""Singer tap for commercetools: the platform's records as they are, without losing one."""
