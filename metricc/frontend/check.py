"""check: definitions → one metric with every name resolved, and the degree of each node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from fractions import Fraction
from typing import TYPE_CHECKING

from .. import diagnostics as d
from ..ir.operators import FUNCTIONS, SYNONYMS, Degree
from ..ir.syntax import (
    Binary,
    Call,
    Definition,
    Expr,
    Let,
    Name,
    Negate,
    Number,
)
from ..ir.typed import ENTRIES, MARGINALS, SHORT_FORMS, Term, TypedMetric, TypedParameter

if TYPE_CHECKING:
    from ..library import Library
    from ..source import Span

MAX_NODES = 2_000
MAX_EXPONENT = 16

_OPERATORS = {"+": "add", "-": "sub", "*": "mul", "implicit": "mul", "/": "div", "^": "pow"}
_KEYWORDS = ("metric", "surrogate", "let", "in", "pi")


def check(
    definitions: tuple[Definition, ...], library: Library, values: Mapping[str, Fraction]
) -> TypedMetric:
    """Resolve the last metric of `definitions`.

    `values` overrides the defaults of its parameters; in a bare expression, each name in
    `values` becomes a parameter.

    Raises:
        MetricError: a name, an argument list or a value is wrong.
    """
    checker = _Checker(library, definitions)
    metrics = [definition for definition in definitions if definition.kind == "metric"]
    if not metrics:
        raise d.MetricError(d.NoMetric(definitions[-1].name_span))
    for definition in metrics[:-1]:
        checker.check(definition, {})
    return checker.check(_resolve_alias(metrics[-1], library, values), values, is_last=True)


def _resolve_alias(
    definition: Definition, library: Library, values: Mapping[str, Fraction]
) -> Definition:
    """A formula that is just a library name stands for that metric, parameters and all."""
    body = definition.body
    if definition.name or not isinstance(body, Name) or body.name in values:
        return definition
    known = _builtin(body.name) is None and library.find(body.name)
    return known or definition


@dataclass
class _Scope:
    """The names that one body may use."""

    definition: Definition
    terms: dict[str, Term] = field(default_factory=dict)


class _Checker:
    """Resolves bodies; counts the nodes it makes, so that inlining cannot explode."""

    def __init__(self, library: Library, definitions: tuple[Definition, ...]) -> None:
        self.library = library
        self.own: dict[str, Definition] = {}
        self.later = {definition.name: definition for definition in definitions}
        self.active: list[Definition] = []
        self.nodes = 0

    def check(
        self, definition: Definition, values: Mapping[str, Fraction], *, is_last: bool = False
    ) -> TypedMetric:
        """Resolve one definition on its own."""
        if definition.name in self.own:
            raise d.MetricError(
                d.DuplicateName(definition.name_span, definition.name, "defined above")
            )
        if definition.name:
            _refuse_builtin(definition.name, definition.name_span)
        parameters = _parameters(definition, values, needs_values=is_last)
        given = {p.name: self._parameter(p, definition.body.span) for p in parameters}
        body = self._body(definition, given)
        if definition.name:
            self.own[definition.name] = definition
        culprit = _mixed_degrees(body)
        warnings = () if culprit is None else (d.NotScaleFree(culprit.span),)
        text = definition.body.span.text
        return TypedMetric(definition.name, text, parameters, body, definition.doc, warnings)

    def _body(self, definition: Definition, terms: dict[str, Term]) -> Term:
        self.active.append(definition)
        body = self._expr(definition.body, _Scope(definition, terms))
        self.active.pop()
        return body

    def _parameter(self, parameter: TypedParameter, span: Span) -> Term:
        degree = Fraction(1 if parameter.is_count else 0)
        return Term("parameter", (), span, degree, parameter.name)

    def _term(
        self, op: str, args: tuple[Term, ...], span: Span, value: str | Fraction | None = None
    ) -> Term:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise d.MetricError(d.TooLarge(span, "the number of operations", MAX_NODES))
        return Term(op, args, span, _degree(op, args), value)

    def _expr(self, expr: Expr, scope: _Scope) -> Term:
        match expr:
            case Number():
                return self._term("number", (), expr.span, expr.value)
            case Name():
                return self._name(expr, scope)
            case Negate():
                return self._term("neg", (self._expr(expr.operand, scope),), expr.span)
            case Binary():
                left, right = self._expr(expr.left, scope), self._expr(expr.right, scope)
                _limit_exponent(expr, right)
                return self._term(_OPERATORS[expr.operator], (left, right), expr.span)
            case Let():
                return self._let(expr, scope)
            case Call():
                return self._call(expr, scope)

    def _let(self, expr: Let, scope: _Scope) -> Term:
        _refuse_builtin(expr.name, expr.name_span)
        if expr.name in scope.terms:
            raise d.MetricError(d.DuplicateName(expr.name_span, expr.name, "named here"))
        value = replace(self._expr(expr.value, scope), label=expr.name)
        inner = _Scope(scope.definition, {**scope.terms, expr.name: value})
        return self._expr(expr.body, inner)

    def _name(self, expr: Name, scope: _Scope) -> Term:
        if expr.name in scope.terms:
            return scope.terms[expr.name]
        builtin = _builtin(expr.name)
        if builtin == "pi":
            return self._term("pi", (), expr.span)
        if builtin in ENTRIES:
            return self._term("entry", (), expr.span, builtin)
        if builtin is not None:
            return self._marginal(builtin, expr.span)
        metric = self._metric(expr.name, expr.span)
        if metric is not None:
            return self._inline(metric, {}, expr.span)
        known = [*scope.terms, *ENTRIES, *MARGINALS, *self.own, *self.library.names()]
        raise d.MetricError(d.UnknownName(expr.span, expr.name, _nearest(expr.name, known)))

    def _marginal(self, name: str, span: Span) -> Term:
        first, *rest = (self._term("entry", (), span, entry) for entry in MARGINALS[name])
        total = first
        for entry in rest:
            total = self._term("add", (total, entry), span)
        return total

    def _metric(self, name: str, span: Span) -> Definition | None:
        """Return the definition that `name` means here, if any."""
        if any(name == definition.name for definition in self.active):
            raise d.MetricError(d.RecursiveDefinition(span, name))
        if name in self.own:
            return self.own[name]
        from_library = self.library.find(name)
        if from_library is None and name in self.later:
            raise d.MetricError(d.DefinedLater(span, name))
        return from_library

    def _inline(self, metric: Definition, given: dict[str, Term], span: Span) -> Term:
        terms = dict(given)
        for parameter in metric.parameters:
            if parameter.name in terms:
                continue
            if parameter.default is None:
                raise d.MetricError(d.MissingValue(span, parameter.name))
            terms[parameter.name] = self._term("number", (), span, parameter.default)
        return replace(self._body(metric, terms), label=metric.name)

    def _call(self, expr: Call, scope: _Scope) -> Term:
        if expr.name in scope.terms or _builtin(expr.name) is not None:
            raise d.MetricError(d.NotAFunction(expr.name_span, expr.name))
        name = _function_name(expr.name)
        if name is not None:
            return self._function(expr, name, scope)
        metric = self._metric(expr.name, expr.name_span)
        if metric is None:
            known = [*FUNCTIONS, *SYNONYMS, *self.own, *self.library.names()]
            nearest = _nearest(expr.name, known)
            listed = " ".join(FUNCTIONS)
            raise d.MetricError(d.UnknownFunction(expr.name_span, expr.name, nearest, listed))
        return self._inline(metric, self._bind(expr, metric, scope), expr.span)

    def _function(self, expr: Call, name: str, scope: _Scope) -> Term:
        function, given = FUNCTIONS[name], len(expr.arguments)
        for argument in expr.arguments:
            if argument.name is not None:
                raise d.MetricError(d.UnknownArgument(argument.span, argument.name, name, "none"))
        if given < function.least or (function.most is not None and given > function.most):
            wanted = f"{function.least} argument{'s' if function.least > 1 else ''}"
            if function.most is None:
                wanted = f"at least {wanted}"
            raise d.MetricError(d.WrongArguments(expr.span, name, wanted, given, function.usage))
        args = tuple(self._expr(argument.value, scope) for argument in expr.arguments)
        return self._term(name, args, expr.span)

    def _bind(self, expr: Call, metric: Definition, scope: _Scope) -> dict[str, Term]:
        """Match a call's arguments with the metric's parameters."""
        names = [parameter.name for parameter in metric.parameters]
        bound: dict[str, Term] = {}
        if len(expr.arguments) > len(names):
            usage = f"{metric.name}({', '.join(names)})" if names else metric.name
            wanted = f"{len(names)} argument{'' if len(names) == 1 else 's'}"
            given = len(expr.arguments)
            raise d.MetricError(d.WrongArguments(expr.span, expr.name, wanted, given, usage))
        for position, argument in enumerate(expr.arguments):
            name = argument.name or names[position]
            if name not in names:
                listed = ", ".join(names)
                raise d.MetricError(d.UnknownArgument(argument.span, name, metric.name, listed))
            if name in bound:
                raise d.MetricError(d.DuplicateName(argument.span, name, "given"))
            bound[name] = self._expr(argument.value, scope)
        return bound


def _parameters(
    definition: Definition, values: Mapping[str, Fraction], *, needs_values: bool
) -> tuple[TypedParameter, ...]:
    """Return the parameters with their values: given, else default."""
    declared = {parameter.name: parameter for parameter in definition.parameters}
    seen: set[str] = set()
    for parameter in definition.parameters:
        _refuse_builtin(parameter.name, parameter.span)
        if parameter.name in seen:
            raise d.MetricError(d.DuplicateName(parameter.span, parameter.name, "a parameter"))
        seen.add(parameter.name)
    found = []
    for name, parameter in declared.items():
        value = values.get(name, parameter.default)
        if value is None and needs_values:
            raise d.MetricError(d.MissingValue(parameter.span, name))
        found.append(TypedParameter(name, value or Fraction(0), parameter.is_count))
    extra = [name for name in values if name not in declared]
    if definition.name and extra:
        listed = ", ".join(declared) or "none"
        raise d.MetricError(d.UnknownArgument(None, extra[0], definition.name, listed))
    for name in extra:
        _refuse_builtin(name, None)
        found.append(TypedParameter(name, values[name], is_count=False))
    return tuple(found)


def _builtin(name: str) -> str | None:
    """Return the entry, marginal or constant that `name` means."""
    if name.upper() in ENTRIES:
        return name.upper()
    if name == "pi" or name in MARGINALS:
        return name
    return SHORT_FORMS.get(name)


def _function_name(name: str) -> str | None:
    """Return the function that `name` means, in any case: Min is min."""
    lower = SYNONYMS.get(name.lower(), name.lower())
    return lower if lower in FUNCTIONS else None


def _refuse_builtin(name: str, span: Span | None) -> None:
    what = "an entry or marginal" if _builtin(name) else None
    what = "a function" if name in FUNCTIONS or name in SYNONYMS else what
    what = "a keyword" if name in _KEYWORDS else what
    if what:
        raise d.MetricError(d.DuplicateName(span, name, what))


def _nearest(name: str, known: list[str]) -> str | None:
    """Return the known name that `name` most likely means; case counts little."""
    by_lower = {word.lower(): word for word in reversed(known)}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def _limit_exponent(expr: Binary, exponent: Term) -> None:
    inner = exponent.args[0] if exponent.op == "neg" else exponent
    if expr.operator == "^" and inner.op == "number" and abs(Fraction(inner.value or 0)) > MAX_EXPONENT:
        raise d.MetricError(d.TooLarge(expr.right.span, "the exponent", MAX_EXPONENT))


def _degree(op: str, args: tuple[Term, ...]) -> Degree:
    degrees = tuple(arg.degree for arg in args)
    if op == "entry":
        return Fraction(1)
    if op in ("number", "pi", "parameter"):
        return Fraction(0)
    if op in ("add", "sub", "neg"):
        return degrees[0] if len(set(degrees)) == 1 else None
    if None in degrees:
        return None
    first, *rest = (Fraction(degree or 0) for degree in degrees)
    if op == "mul":
        return first + rest[0]
    if op == "div":
        return first - rest[0]
    if op == "pow":
        number = args[1].value if args[1].op == "number" else None
        if isinstance(number, Fraction):
            return first * number
        return Fraction(0) if first == 0 else None
    return FUNCTIONS[op].degree(degrees)


def _mixed_degrees(term: Term) -> Term | None:
    """Return the innermost sum of unlike degrees, if the whole is not a pure number."""
    if term.degree == 0:
        return None
    for arg in term.args:
        found = None if arg.degree is not None else _mixed_degrees(arg)
        if found is not None:
            return found
    return term
