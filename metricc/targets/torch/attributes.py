"""What the constructor's arguments are called, and what they must not be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...passes.naming import free

if TYPE_CHECKING:
    from collections.abc import Iterable

_OF_MODULES = """
T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda
double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
get_submodule half ipu load_state_dict modules mtia named_buffers named_children
named_modules named_parameters parameters register_backward_hook register_buffer
register_forward_hook register_forward_pre_hook register_full_backward_hook
register_full_backward_pre_hook register_load_state_dict_post_hook
register_load_state_dict_pre_hook register_module register_parameter
register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
set_submodule share_memory state_dict super to to_empty train training type xpu zero_grad
"""
MODULE_ATTRIBUTES = frozenset(_OF_MODULES.split())
"""Of torch.nn.Module: what its constructor's arguments must not be called."""

_OWN_ATTRIBUTES = frozenset(
    {"as_number", "average", "counts", "metric", "running", "seen", "tuple", "unseen"}
)
MEANING = {
    "sharpness": "of the soft decision, whose slope at the threshold is sharpness / 4",
    "threshold": "probability above which the decision is positive",
    "classes": "indices of the classes that count",
    "weight": "a number per class that counts, for their average",
    "class_dim": "dimension of input that holds the classes",
    "ignore_index": "target of what does not count",
    "mix": "weight of the cross entropy that is added",
    "exponent": "power that is taken of what the metric lacks",
    "momentum": "share that the running average of the entries keeps at each batch",
    "smooth": "pseudo-count added to each entry",
    "zero_division": "value of 0/0",
    "process_group": "ranks whose entries are summed; None for all",
}
"""The options among them, in the words of their documentation."""


def attributes(parameters: tuple[str, ...], options: Iterable[str]) -> tuple[str, ...]:
    """Return the attribute of the module for each parameter; `half` is a method, so `half_`.

    `options` are the other arguments of its constructor.
    """
    reserved = MODULE_ATTRIBUTES | _OWN_ATTRIBUTES | {*options}
    taken = {*reserved, *MEANING, *parameters}
    return tuple(
        name if name not in reserved and name[0] != "_" else free(name + "_", taken)
        for name in parameters
    )
