"""metricc: a formula over TP, FP, FN, TN becomes a PyTorch loss with a closed-form gradient."""

__version__ = "0.1.0"

from .diagnostics import InternalError, MetricError
from .metric import Metric, compile

__all__ = ["InternalError", "Metric", "MetricError", "__version__", "compile"]
