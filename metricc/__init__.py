"""metricc: a formula over TP, FP, FN, TN becomes a PyTorch loss with a closed-form gradient."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .diagnostics import InternalError, MetricError
    from .metric import Metric, compile

__all__ = ["InternalError", "Metric", "MetricError", "__version__", "compile"]

_MODULES = {
    "InternalError": ".diagnostics",
    "Metric": ".metric",
    "MetricError": ".diagnostics",
    "compile": ".metric",
}

if not TYPE_CHECKING:  # a type checker would take any name for an attribute

    def __getattr__(name: str) -> object:
        """A public name, imported when asked for: emitted files need `metricc.kernels` alone."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
        return globals()[name]

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
