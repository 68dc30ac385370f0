"""The torch target: a self-contained module with an `autograd.Function` and an `nn.Module`."""

from .attributes import MODULE_ATTRIBUTES
from .emit import class_name, emit

__all__ = ["MODULE_ATTRIBUTES", "class_name", "emit"]
