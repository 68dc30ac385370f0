"""Derivations made by hand and expressions made by chance, for the tests of formats."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from metricc.formats import Notation, html, latex, text, typst
from metricc.formats.printer import Printer
from metricc.ir.derivation import Derivation, DerivationStep, Equation
from metricc.ir.program import Expr, Num, Op, Ref

STYLES = {
    "text": text.UNICODE,
    "ascii": text.ASCII,
    "latex": latex.STYLE,
    "typst": typst.STYLE,
    "html": html.STYLE,
}


def tree(value: object) -> Expr:
    """Return a name, number or expression as an expression."""
    if isinstance(value, str):
        return Ref(value)
    if isinstance(value, int | Fraction | float):
        return Num(value if isinstance(value, float) else Fraction(value))
    return value


def op(name: str, *args: object) -> Op:
    return Op(name, tuple(map(tree, args)))


def product(first: object, *others: object) -> Expr:
    result = tree(first)
    for other in others:
        result = op("mul", result, other)
    return result


def equation(left: object, *rights: object, where: tuple[str, int] | None = None) -> Equation:
    held = None if where is None else (tree(where[0]), tree(where[1]))
    return Equation(tree(left), tuple(map(tree, rights)), held)


def step(title: str, *equations: Equation) -> DerivationStep:
    return DerivationStep(title, equations)


HALF = Fraction(1, 2)
B2 = op("pow", "beta", 2)
WEIGHT = op("add", 1, B2)
UNDER = op("add", op("mul", B2, "P"), "Q")
SLOPE = op("partial", "loss", "yhat_k")
F_BETA = Derivation(
    "The gradient of fbeta",
    "(1+β²)TP / ((1+β²)TP + β²·FN + FP)",
    (
        step(
            "Substitute the sums T, Q, P and the number of samples n",
            equation("TP", op("sum", op("mul", "y_i", "yhat_i")), "T"),
            equation("FN", op("sub", "P", "T")),
            equation("m", op("div", op("mul", WEIGHT, "T"), UNDER)),
        ),
        step(
            "Apply the chain rule",
            equation(
                SLOPE,
                op("neg", op("mul", op("partial", "m", "T"), op("partial", "T", "yhat_k"))),
                op(
                    "div",
                    op("mul", WEIGHT, op("sub", "T", op("mul", "y_k", UNDER))),
                    op("pow", UNDER, 2),
                ),
            ),
            equation(SLOPE, op("div", "m", UNDER), where=("y_k", 0)),
        ),
        step(
            "Go on to the weights of a linear model",
            equation(
                "yhat_k",
                op("call", "A", "p_k"),
                op("sigmoid", op("mul", "L", op("sub", "p_k", "tau"))),
            ),
            equation("z_k", op("mul", op("transpose", "theta"), "x_k")),
        ),
        step("The loss is one minus the metric"),
    ),
)
ROOT = op("sqrt", product("P", "Q", op("sub", "n", "P"), op("sub", "n", "Q")))
MCC = Derivation(
    "The gradient of mcc",
    "(TP*TN - FP*FN)/√((TP+FP)(TP+FN)(TN+FP)(TN+FN))",
    (
        step(
            "Name the part that is used more than once",
            equation("m", op("div", op("sub", op("mul", "n", "T"), op("mul", "P", "Q")), "D")),
            equation("D", ROOT),
        ),
        step(
            "Put the parts together",
            equation(
                SLOPE,
                op(
                    "add",
                    op("div", op("sub", "P", op("mul", "n", "y_k")), "D"),
                    op(
                        "div",
                        product("m", op("sub", "n", op("mul", 2, "Q"))),
                        product(2, "Q", op("sub", "n", "Q")),
                    ),
                ),
            ),
        ),
    ),
)
EVERYTHING = (
    *(op(name, op("div", "TP", "n")) for name in ("sqrt", "cbrt", "abs", "exp", "log", "log1p")),
    *(op(name, "m") for name in ("log2", "log10", "xlogx", "sin", "cos", "asin", "atan", "tanh")),
    *(
        op(name, op("div", "TP", "n"))
        for name in ("xlogx", "sigmoid", "normal_cdf", "sign", "step")
    ),
    *(op(name, "TP", op("div", "FP", 2), 1) for name in ("min", "max", "clamp")),
    *(op(name, "TP", op("neg", "n")) for name in ("quotient", "power", "add", "sub", "mul", "div")),
    op("mul", op("sum", op("add", "y_i", "p_i")), "my_name"),
    op("call", "A", op("div", 1, op("transpose", "theta"))),
    op("mul", 1e-7, op("pow", op("sqrt", "beta2"), Fraction(-2, 3))),
    op("mul", op("xlogx", "TP"), op("mul", 2.5e20, "w_pos")),
    product(2, 3, op("pow", 2, "n"), "D_12"),
)
ALL = Derivation(
    'A <b>title</b> & 100% of $it_all$ -- #1 "`~^\\{[',
    "# a comment\n√TP <b>β</b> -- \"#{$x$}\" ```c``` ½ \\ 'q' ünï漢",
    (
        step(
            "Every operator of m & <TP>", *(equation(f"D_{i}", e) for i, e in enumerate(EVERYTHING))
        ),
    ),
)
DERIVATIONS = {"f_beta": F_BETA, "mcc": MCC, "all": ALL}


def shown(expr: object, style: str, notation: Notation | None = None) -> str:
    return Printer(STYLES[style], notation or Notation()).expr(tree(expr))


POINTS = (
    {"TP": 1.3, "n": 0.7, "beta": 2.1, "my_name": 0.4, "D_2": 1.7},
    {"TP": 0.6, "n": 1.9, "beta": 0.8, "my_name": 1.1, "D_2": 0.3},
)
LEAVES = st.one_of(
    st.sampled_from([Ref(name) for name in POINTS[0]]),
    st.fractions(-3, 3, max_denominator=4).map(Num),
    st.sampled_from([Num(0.3), Num(-2.5)]),
)
UNARY, BINARY = ("neg", "sqrt", "cbrt", "log1p", "abs", "sigmoid"), ("add", "sub", "mul", "div")


def grow(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    return st.one_of(
        st.builds(lambda name, x: Op(name, (x,)), st.sampled_from(UNARY), inner),
        st.builds(
            lambda name, x, y: Op(name, (x, y)), st.sampled_from((*BINARY, "min")), inner, inner
        ),
        st.builds(lambda x, y: op("pow", x, y), inner, st.sampled_from([2, 3, -1, HALF, "beta"])),
    )


EXPRESSIONS = st.recursive(LEAVES, grow, max_leaves=12)
