"""Matches the arguments of a call with what the function or metric takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import diagnostics as d

if TYPE_CHECKING:
    from ..ir.operators import Function
    from ..ir.syntax import Call, Definition, Expr, Name
    from ..source import Span


def function_arguments(call: Call, function: Function) -> tuple[Expr, ...]:
    """Return the arguments of a function in order.

    Raises:
        MetricError: there are too few or too many, or one has a name.
    """
    for argument in call.arguments:
        if argument.name is not None:
            raise d.MetricError(d.NamedArgument(argument.span, argument.name, call.name))
    given = len(call.arguments)
    if given < function.least or (function.most is not None and given > function.most):
        usage, wanted = function.usage, _wanted(function)
        raise d.MetricError(d.WrongArguments(call.span, call.name, wanted, given or "none", usage))
    return tuple(argument.value for argument in call.arguments)


def missing_arguments(name: Name, function: Function) -> d.WrongArguments:
    """Return the diagnostic for a function without parentheses: `1 + sqrt`."""
    return d.WrongArguments(name.span, name.name, _wanted(function), "none", function.usage)


def metric_arguments(call: Call, metric: Definition) -> dict[str, Expr]:
    """Return the arguments of a metric by the names of its parameters.

    Raises:
        MetricError: there are too many, or one has an unknown name or is given twice.
    """
    names = [parameter.name for parameter in metric.parameters]
    found: dict[str, Expr] = {}
    for position, argument in enumerate(call.arguments):
        if argument.name is None and position >= len(names):
            wanted = f"at most {_count(len(names))}" if names else "no arguments"
            given, usage = len(call.arguments), _usage(call.name, names)
            raise d.MetricError(d.WrongArguments(call.span, call.name, wanted, given, usage))
        name = argument.name or names[position]
        if name not in names:
            owner, known = f"`{call.name}`", ", ".join(names)
            raise d.MetricError(d.UnknownArgument(argument.span, name, owner, known))
        if name in found:
            raise d.MetricError(d.RepeatedArgument(argument.span, name))
        found[name] = argument.value
    return found


def missing_argument(span: Span, metric: Definition, name: str) -> d.WrongArguments:
    """Return the diagnostic for a metric used without a value that it needs."""
    usage = _usage(metric.name, [parameter.name for parameter in metric.parameters])
    return d.WrongArguments(span, metric.name, f"a value for `{name}`", "none", usage)


def _usage(name: str, parameters: list[str]) -> str:
    return f"{name}({', '.join(parameters)})" if parameters else name


def _wanted(function: Function) -> str:
    count = _count(function.least)
    return f"at least {count}" if function.most is None else count


def _count(number: int) -> str:
    return f"{number} argument{'' if number == 1 else 's'}"
