"""The project's GraphQL endpoint, read only.

Everything that needs the GraphQL library is imported by the first request: the library is large, and most sandboxes
never see such a request.
"""
