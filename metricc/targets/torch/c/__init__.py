"""C for the CPU: fused loops over a batch, beside the torch operations of an emitted file."""

from .emit import c_source, has_metric

__all__ = ["c_source", "has_metric"]
