"""check: definitions → one metric with every name resolved, and the degree of each node."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from .. import diagnostics as d
from ..ir.surrogate import SURROGATE_PARAMETERS, TypedSurrogate
from ..ir.syntax import Name
from ..ir.typed import TypedMetric, TypedParameter, below, shape_of
from .degrees import scale_warnings
from .names import builtin, function_name, refuse_reserved
from .resolve import Resolver, Scope
from .spelling import latin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..ir.syntax import Definition, Parameter
    from ..ir.typed import Shape, Term
    from ..library import Library


def check(
    definitions: tuple[Definition, ...], library: Library, values: Mapping[str, Fraction]
) -> TypedMetric:
    """Resolve every definition, and return the last metric.

    `values` overrides the defaults of its parameters; in a bare expression, each name in
    `values` becomes a parameter.

    Raises:
        MetricError: a name, an argument list or a value is wrong.
    """
    metrics = [definition for definition in definitions if definition.kind == "metric"]
    resolver = Resolver(library, frozenset(metric.name for metric in metrics))
    surrogates: dict[str, Definition] = {}
    typed: TypedMetric | None = None
    for definition in definitions:
        _check_parameter_names(definition)
        if definition.kind == "surrogate":
            _check_surrogate(definition, resolver, surrogates)
        elif definition is metrics[-1]:
            typed = _check_last(definition, resolver, values)
        else:
            parameters = tuple(
                _parameter(p, p.default or Fraction(0)) for p in definition.parameters
            )
            _check_metric(definition, resolver, parameters)
    if typed is None:
        raise d.MetricError(d.NoMetric(definitions[-1].name_span))
    unused = [d.UnusedSurrogate(found.name_span, name) for name, found in surrogates.items()]
    return replace(typed, warnings=(*typed.warnings, *unused))


def _check_last(
    definition: Definition, resolver: Resolver, values: Mapping[str, Fraction]
) -> TypedMetric:
    """Resolve the metric that is asked for, its parameters given or by default."""
    given = {latin(name): value for name, value in values.items()}
    definition = _resolve_alias(definition, resolver.library, given)
    parameters = []
    for parameter in definition.parameters:
        value = given.pop(parameter.name, parameter.default)
        if value is None:
            raise d.MetricError(d.MissingValue(parameter.name_span, parameter.name))
        parameters.append(_parameter(parameter, value))
    if definition.name and given:
        raise _unknown_parameter(next(iter(given)), f"`{definition.name}`", parameters)
    for name, value in given.items():
        refuse_reserved(name, None)
        parameters.append(TypedParameter(name, value, is_count=False))
    typed = _check_metric(definition, resolver, tuple(parameters))
    _refuse_unreduced(typed)
    typed = replace(typed, warnings=scale_warnings(typed.body, typed.parameters))
    unused = given.keys() - _used_parameters(typed.body)
    if unused:
        used = [parameter for parameter in parameters if parameter.name not in unused]
        raise _unknown_parameter(min(unused), "the formula", used)
    return typed


def _refuse_unreduced(typed: TypedMetric) -> None:
    """A metric of several classes is one number: each entry in it is inside of a reduction."""
    known: dict[Term, Shape] = {}
    if typed.is_joint and shape_of(typed.body, known) == "class":
        inner = (term for term in below(typed.body, through_reductions=False))
        entry = next(term for term in inner if term.op == "entry" and term.value != "classes")
        raise d.MetricError(d.Unreduced(entry.span, entry.span.text))


def _resolve_alias(
    definition: Definition, library: Library, given: Mapping[str, Fraction]
) -> Definition:
    """A formula that is just a library name stands for that metric, parameters and all."""
    body = definition.body
    if definition.name or not isinstance(body, Name) or body.name in given:
        return definition
    if builtin(body.name) or function_name(body.name):
        return definition
    return library.find(body.name) or definition


def _check_metric(
    definition: Definition, resolver: Resolver, parameters: tuple[TypedParameter, ...]
) -> TypedMetric:
    name, span = definition.name, definition.name_span
    if name:
        refuse_reserved(name, span)
        _refuse_duplicate(definition, resolver.earlier)
    place = definition.body.span
    terms = {p.name: resolver.parameter(p, place) for p in parameters}
    body = resolver.expr(definition.body, Scope(definition, terms))
    resolver.earlier[name] = definition
    return TypedMetric(name, place.text, parameters, body, definition.doc)


def check_surrogate(definition: Definition, library: Library) -> TypedSurrogate:
    """Resolve a surrogate by itself, as one of the library is.

    Raises:
        MetricError: a name, an argument list or a value is wrong.
    """
    return _check_surrogate(definition, Resolver(library, frozenset()), {})


def _check_surrogate(
    definition: Definition, resolver: Resolver, earlier: dict[str, Definition]
) -> TypedSurrogate:
    """Resolve a surrogate: one probability in, one out. It may be called like a function."""
    name, span = definition.name, definition.name_span
    if function_name(name) is None:
        refuse_reserved(name, span)
    _refuse_duplicate(definition, earlier)
    names = tuple(parameter.name for parameter in definition.parameters)
    is_plain = all(p.default is None and not p.is_count for p in definition.parameters)
    if names != SURROGATE_PARAMETERS or not is_plain:
        raise d.MetricError(d.SurrogateParameters(span, name))
    parameters = tuple(TypedParameter(name, Fraction(0), is_count=False) for name in names)
    terms = {p.name: resolver.parameter(p, span) for p in parameters}
    body = resolver.expr(definition.body, Scope(definition, terms))
    earlier[name] = definition
    return TypedSurrogate(name, definition.body.span.text, parameters, body, definition.doc)


def _refuse_duplicate(definition: Definition, earlier: Mapping[str, Definition]) -> None:
    name, span = definition.name, definition.name_span
    if name in earlier:
        first = earlier[name].name_span
        where = f"on line {first.source.locate(first.start)[0]}"
        raise d.MetricError(d.DuplicateDefinition(span, name, where))


def _check_parameter_names(definition: Definition) -> None:
    seen: set[str] = set()
    for parameter in definition.parameters:
        refuse_reserved(parameter.name, parameter.name_span)
        if parameter.name in seen:
            where = "as a parameter"
            raise d.MetricError(d.DuplicateDefinition(parameter.name_span, parameter.name, where))
        seen.add(parameter.name)


def _parameter(parameter: Parameter, value: Fraction) -> TypedParameter:
    return TypedParameter(parameter.name, value, parameter.is_count)


def _unknown_parameter(
    name: str, owner: str, parameters: Sequence[TypedParameter]
) -> d.MetricError:
    known = ", ".join(parameter.name for parameter in parameters)
    return d.MetricError(d.UnknownArgument(None, name, owner, known))


def _used_parameters(body: Term) -> set[str]:
    """Return the names of the parameters that a term depends on."""
    seen: set[Term] = set()
    waiting = [body]
    while waiting:
        term = waiting.pop()
        if term not in seen:
            seen.add(term)
            waiting += term.args
    return {str(term.value) for term in seen if term.op == "parameter"}
