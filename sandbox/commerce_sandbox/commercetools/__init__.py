"""The commercetools HTTP API, as far as an extractor sees it."""
