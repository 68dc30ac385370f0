"""Mistakes, each a frozen dataclass that knows its own words, and the picture of one.

error: unknown name
 --> f.metric:3:13
  |
3 |     / ((1 + bata^2) * TP + beta^2 * FN + FP)
  |             ^^^^ no entry, parameter or metric is called `bata`
  |
help: did you mean `beta`?

Adding one: a class in the file of its kind, and its picture in `tests/errors/`.
"""

from .base import Diagnostic, InternalError, MetricError
from .malformed import (
    AmbiguousProduct,
    AmbiguousRoot,
    EmptyFormula,
    MissingCallParentheses,
    MissingComma,
    MissingEquals,
    MissingName,
    MissingOperand,
    MissingOperator,
    TooLarge,
    UnclosedParenthesis,
    UnexpectedCharacter,
    UnexpectedText,
    UnfinishedLet,
    UnknownKind,
    UnopenedParenthesis,
    WrongDefault,
)
from .meaning import (
    DefinedLater,
    DuplicateDefinition,
    EntryInSurrogate,
    ImpossibleConstant,
    MissingValue,
    NamedArgument,
    NoMetric,
    NotAFunction,
    NotScaleFree,
    RecursiveDefinition,
    RepeatedArgument,
    ReservedName,
    SurrogateParameters,
    UnknownArgument,
    UnknownFunction,
    UnknownName,
    UnusedSurrogate,
    WrongArguments,
)
from .usage import (
    FileInTheWay,
    MissingPackage,
    NoDirection,
    NoGradient,
    NothingFound,
    UnknownOption,
    UnreadableFile,
    WrongValue,
)

__all__ = [
    "AmbiguousProduct",
    "AmbiguousRoot",
    "DefinedLater",
    "Diagnostic",
    "DuplicateDefinition",
    "EmptyFormula",
    "EntryInSurrogate",
    "FileInTheWay",
    "ImpossibleConstant",
    "InternalError",
    "MetricError",
    "MissingCallParentheses",
    "MissingComma",
    "MissingEquals",
    "MissingName",
    "MissingOperand",
    "MissingOperator",
    "MissingPackage",
    "MissingValue",
    "NamedArgument",
    "NoDirection",
    "NoGradient",
    "NoMetric",
    "NotAFunction",
    "NotScaleFree",
    "NothingFound",
    "RecursiveDefinition",
    "RepeatedArgument",
    "ReservedName",
    "SurrogateParameters",
    "TooLarge",
    "UnclosedParenthesis",
    "UnexpectedCharacter",
    "UnexpectedText",
    "UnfinishedLet",
    "UnknownArgument",
    "UnknownFunction",
    "UnknownKind",
    "UnknownName",
    "UnknownOption",
    "UnopenedParenthesis",
    "UnreadableFile",
    "UnusedSurrogate",
    "WrongArguments",
    "WrongDefault",
    "WrongValue",
]
