"""What reliable Singer loaders share: batching, pacing, retrying, rejecting, checkpointing and reporting.

A loader built on this package contributes its client (hosts, authentication, error vocabulary), its sinks (which
endpoint, how big a batch, how to read a partial failure) and the order of people before facts. Everything else,
from the first line on standard input to the exit code, lives here.
"""
