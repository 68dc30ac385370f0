"""Kernels compiled for a device that need not be here."""

from __future__ import annotations

from typing import Any

import torch

STRIDES = ("input_strides", "target_strides", "gradient_strides")


def ptx(kernel: Any, dtype: torch.dtype, *, is_index: bool = False) -> str:
    """Return the assembly of a kernel for an input of `dtype`, int64 targets and no weights."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    real = "fp64" if dtype == torch.float64 else "fp32"
    short = {torch.bfloat16: "bf16", torch.float16: "fp16"}.get(dtype, real)
    types = dict.fromkeys(("input_ptr", "gradient_ptr"), f"*{short}")
    types |= dict.fromkeys(("parts_ptr", "slopes_ptr"), "*fp64")
    types |= {"target_ptr": "*i64", "loss_ptr": f"*{real}", "grad_output_ptr": f"*{real}"}
    real_type = triton.language.float64 if real == "fp64" else triton.language.float32
    constants = {"DTYPE": real_type, "LIMIT": torch.finfo(dtype).max, "BLOCK_SIZE": 1024}
    constants |= {"BLOCK_SITES": 64, "BLOCK_CLASSES": 32, "IS_INDEX": is_index}
    constants |= {"weight_ptr": None, "weight_strides": None}
    types |= dict.fromkeys(STRIDES, ("i32",) * 3)
    signature = {
        parameter.name: parameter.annotation_type or types.get(parameter.name, "i32")
        for parameter in kernel.params
    }
    signature |= {name: "constexpr" for name in constants if name in signature}
    known = {name: value for name, value in constants.items() if name in signature}
    source = ASTSource(kernel, signature, known)
    compiled = triton.compile(source, target=GPUTarget("cuda", 80, 32))
    return str(compiled.asm["ptx"])
