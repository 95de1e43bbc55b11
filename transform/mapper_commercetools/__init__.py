"""Maps commercetools records into the vocabulary of Iterable and of Dotdigital.

The only place where the platform and the destinations meet. `engine` runs the mapping inside a loader,
`mapper` runs it as a Meltano mapper; both read the same settings (`settings`).
"""
