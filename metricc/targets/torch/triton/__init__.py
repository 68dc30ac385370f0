"""Triton for CUDA: fused kernels, beside the torch operations of an emitted file."""

from .emit import fits, triton_code

__all__ = ["fits", "triton_code"]
