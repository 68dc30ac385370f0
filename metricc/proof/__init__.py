"""Proof of an emitted module: edge batches, the 50-digit truth, the rows of `metricc check`."""
