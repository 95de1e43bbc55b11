"""commercetools, Iterable and Dotdigital, emulated in one process for demos, tests and benchmarks."""
