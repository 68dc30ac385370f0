"""Resolves the names of one body: an expression as written → a term of entries and numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from .. import diagnostics as d
from ..ir.operators import FUNCTIONS, REDUCTIONS, SYNONYMS, Function, reduction, signature
from ..ir.syntax import Binary, Call, Definition, Expr, Let, Name, Negate, Number
from ..ir.typed import ENTRIES, MARGINALS, Shape, Term, shape_of
from .arguments import (
    function_arguments,
    metric_arguments,
    missing_argument,
    missing_arguments,
)
from .degrees import degree
from .limits import MAX_DEPTH, Limits
from .names import advice, builtin, function_name, nearest, refuse_reserved

if TYPE_CHECKING:
    from ..ir.typed import TypedParameter
    from ..library import Library
    from ..source import Span

_OPERATORS = {"+": "add", "-": "sub", "*": "mul", "implicit": "mul", "/": "div", "^": "pow"}


@dataclass(frozen=True)
class Scope:
    """What one body may use: its parameters and `let` names.

    `site` is set where a library metric is inlined: its terms then carry the place of its use,
    and its names are those of the library only.
    """

    definition: Definition
    terms: dict[str, Term]
    site: Span | None = None


class Resolver:
    """Turns bodies into terms. `earlier` are the definitions above, `names` all of the text."""

    def __init__(self, library: Library, names: frozenset[str]) -> None:
        """Begin before the first definition."""
        self.library = library
        self.names = names
        self.earlier: dict[str, Definition] = {}
        self.limits = Limits()
        self.shapes: dict[Term, Shape] = {}
        self.depth = 0

    def parameter(self, parameter: TypedParameter, span: Span) -> Term:
        """Return the term of a parameter; a count has the degree of an entry."""
        scale = Fraction(1 if parameter.is_count else 0)
        return self.limits.admit(Term("parameter", (), span, scale, parameter.name))

    def expr(self, expr: Expr, scope: Scope) -> Term:
        """Return the term of an expression.

        Raises:
            MetricError: a name or an argument list is wrong, or the result is too large.
        """
        self.depth += 1
        if self.depth > MAX_DEPTH:
            what = "the depth of nested operations"
            raise d.MetricError(d.TooLarge(scope.site or expr.span, what, MAX_DEPTH))
        term = self._expr(expr, scope)
        self.depth -= 1
        return term

    def _expr(self, expr: Expr, scope: Scope) -> Term:
        match expr:
            case Number():
                return self._term("number", (), expr.span, scope, expr.value)
            case Name():
                return self._name(expr, scope)
            case Negate():
                return self._term("neg", (self.expr(expr.operand, scope),), expr.span, scope)
            case Binary():
                args = self.expr(expr.left, scope), self.expr(expr.right, scope)
                return self._term(_OPERATORS[expr.operator], args, expr.span, scope)
            case Let():
                return self._let(expr, scope)
            case Call():
                return self._call(expr, scope)

    def _term(
        self,
        op: str,
        args: tuple[Term, ...],
        span: Span,
        scope: Scope,
        value: str | Fraction | None = None,
    ) -> Term:
        place = scope.site or span
        return self.limits.admit(Term(op, args, place, degree(op, args), value))

    def _labelled(self, term: Term, label: str) -> Term:
        return self.limits.admit_copy(replace(term, label=label), term)

    def _let(self, expr: Let, scope: Scope) -> Term:
        refuse_reserved(expr.name, expr.name_span)
        if expr.name in scope.terms:
            is_let = scope.terms[expr.name].label == expr.name
            where = "by a `let` around this one" if is_let else "as a parameter"
            raise d.MetricError(d.DuplicateDefinition(expr.name_span, expr.name, where))
        value = self._labelled(self.expr(expr.value, scope), expr.name)
        return self.expr(expr.body, replace(scope, terms={**scope.terms, expr.name: value}))

    def _name(self, expr: Name, scope: Scope) -> Term:
        if expr.name in scope.terms:
            return self._used(scope.terms[expr.name], scope.site or expr.span)
        meaning = builtin(expr.name)
        if meaning == "pi":
            return self._term("pi", (), expr.span, scope)
        if meaning == "classes":
            return self._classes(expr, scope)
        if meaning is not None:
            return self._entries(expr, meaning, scope)
        function = _function(expr.name)
        if function is not None:
            raise d.MetricError(missing_arguments(expr, function))
        metric = self._metric(expr.name, expr.span, scope)
        if metric is None:
            raise d.MetricError(self._unknown_name(expr, scope))
        return self._inline(metric, {}, expr.span, scope)

    def _used(self, term: Term, place: Span) -> Term:
        """Return a parameter as it is used at `place`; other terms keep where they are made."""
        if term.op != "parameter" or term.label is not None:
            return term
        return self.limits.admit_copy(replace(term, span=place), term)

    def _unknown_name(self, expr: Name, scope: Scope) -> d.UnknownName:
        """Return the diagnostic, with the nearest name that this body could use."""
        definition, known = scope.definition, [*scope.terms]
        if definition.kind == "metric":
            known += [*ENTRIES, *MARGINALS, *self.earlier, *self.library.names()]
        within = f"{definition.kind} {definition.name}" if definition.name else ""
        likely = nearest(expr.name, known)
        return d.UnknownName(expr.span, expr.name, likely, within, advice(expr.name))

    def _entries(self, expr: Name, meaning: str, scope: Scope) -> Term:
        """Return an entry, or a marginal as a sum of entries."""
        if scope.definition.kind == "surrogate":
            raise d.MetricError(d.EntryInSurrogate(expr.span, expr.name))
        names = MARGINALS.get(meaning, (meaning,))
        entries = [self._term("entry", (), expr.span, scope, name) for name in names]
        total = entries[0]
        for entry in entries[1:]:
            total = self._term("add", (total, entry), expr.span, scope)
        return total

    def _classes(self, expr: Name, scope: Scope) -> Term:
        """Return how many classes there are, a number whatever the counts."""
        if scope.definition.kind == "surrogate":
            raise d.MetricError(d.EntryInSurrogate(expr.span, expr.name))
        place = scope.site or expr.span
        return self.limits.admit(Term("entry", (), place, Fraction(0), "classes"))

    def _metric(self, name: str, span: Span, scope: Scope) -> Definition | None:
        """Return the definition that `name` means here, if any."""
        if scope.site is None:
            if name == scope.definition.name:
                raise d.MetricError(d.RecursiveDefinition(span, name))
            if name in self.names and name not in self.earlier:
                raise d.MetricError(d.DefinedLater(span, name))
        found = None if scope.site is not None else self.earlier.get(name)
        found = found or self.library.find(name)
        if found is not None and scope.definition.kind == "surrogate":
            raise d.MetricError(d.EntryInSurrogate(span, name))
        return found

    def _inline(self, metric: Definition, given: dict[str, Term], span: Span, scope: Scope) -> Term:
        """Return the body of `metric`, with `given` and defaults for its parameters."""
        is_ours = self.earlier.get(metric.name) is metric
        inner = Scope(metric, dict(given), scope.site or (None if is_ours else span))
        for parameter in metric.parameters:
            if parameter.name in given:
                continue
            if parameter.default is None:
                raise d.MetricError(missing_argument(span, metric, parameter.name))
            default = self._term("number", (), span, scope, parameter.default)
            inner.terms[parameter.name] = default
        return self._labelled(self.expr(metric.body, inner), metric.name)

    def _call(self, expr: Call, scope: Scope) -> Term:
        if expr.name in scope.terms or builtin(expr.name) is not None:
            raise d.MetricError(d.NotAFunction(expr.name_span, expr.name))
        function = _function(expr.name)
        if function is not None:
            return self._applied(function, expr, scope)
        metric = self._metric(expr.name, expr.name_span, scope)
        if metric is None:
            known = [*_listed(), *SYNONYMS, *self.earlier, *self.library.names()]
            likely, listed = nearest(expr.name, known), " ".join(_listed())
            unknown = d.UnknownFunction(
                expr.name_span, expr.name, likely, listed, advice(expr.name)
            )
            raise d.MetricError(unknown)
        given = metric_arguments(expr, metric)
        terms_of = {name: self.expr(arg, scope) for name, arg in given.items()}
        return self._inline(metric, terms_of, expr.span, scope)

    def _applied(self, function: Function, call: Call, scope: Scope) -> Term:
        """Return the term of a function's call; with one argument, `min` is over the classes."""
        over = reduction(function.name, len(call.arguments))
        args = function_arguments(call, REDUCTIONS[over] if over else function)
        if over and scope.definition.kind == "surrogate":
            raise d.MetricError(d.EntryInSurrogate(call.name_span, f"{call.name}(…)"))
        terms = tuple(self.expr(arg, scope) for arg in args)
        if over and shape_of(terms[0], self.shapes) == "scalar":
            raise d.MetricError(d.ReducedTwice(scope.site or args[0].span, call.name))
        return self._term(over or function.name, terms, call.span, scope)


def _function(name: str) -> Function | None:
    """Return the function that `name` means."""
    meaning = function_name(name)
    return None if meaning is None else signature(meaning)


def _listed() -> list[str]:
    """Return the names of all functions, the reductions last."""
    names = (*FUNCTIONS, *(function.name for function in REDUCTIONS.values()))
    return list(dict.fromkeys(names))
