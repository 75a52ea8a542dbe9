"""Restrictions: which combinations of levels a service may have.

A restriction is a comparison of attributes with levels, in Python's words: ``and``, ``or``,
``not``, ``==``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``in``, ``not in``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from dce.errors import StudyError, listed
from dce.logit import BoolArray

_GRAMMAR = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.Compare,
    ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn,
    ast.Name, ast.Load, ast.Constant, ast.List, ast.Tuple, ast.Set,
)  # fmt: skip


@dataclass(frozen=True)
class Restriction:
    """A restriction with the combinations of levels that it allows.

    Attributes
    ----------
    text : str
    attributes : tuple of str
        The attributes that it speaks of.
    allowed : boolean array
        One axis per attribute, one entry per level.
    """

    text: str
    attributes: tuple[str, ...]
    allowed: BoolArray


def read_restriction(text: str, levels: Mapping[str, tuple[object, ...]]) -> Restriction:
    """Read a restriction on attributes with these levels.

    Raises
    ------
    StudyError
        If it cannot be read, speaks of an unknown attribute or level, or allows all or nothing.

    Examples
    --------
    >>> rule = read_restriction("not (a == 'x' and b > 1)", {"a": ("x", "y"), "b": (1, 2)})
    >>> rule.allowed.tolist()
    [[True, False], [True, True]]
    """
    where = f"restriction {text!r}"
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise StudyError(f"{where}: cannot be read: {error.args[0]}.") from None
    for node in ast.walk(tree):
        if not isinstance(node, _GRAMMAR):
            raise StudyError(
                f"{where}: found {ast.unparse(node) or type(node).__name__!r}; allowed: "
                "comparisons of attributes with levels, joined by and, or, not."
            )
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    used = tuple(name for name in levels if name in names)
    for name in names:
        if name not in levels:
            raise StudyError(f"{where}: found {name!r}; allowed: the attributes {listed(levels, 40)}.")
    if not used:
        raise StudyError(f"{where}: names no attribute; allowed: {listed(levels, 40)}.")
    for name, value in _compared_for_equality(tree):
        if value not in levels[name]:
            raise StudyError(
                f"{where}: {name!r} has no level {value!r}; allowed: {listed(levels[name], 40)}."
            )
    code = compile(tree, "restriction", "eval")
    shape = [len(levels[name]) for name in used]
    try:
        verdicts = [
            bool(eval(code, {"__builtins__": {}}, dict(zip(used, values, strict=True))))
            for values in product(*(levels[name] for name in used))
        ]
    except TypeError as error:
        raise StudyError(f"{where}: cannot be compared: {error}.") from None
    allowed = np.array(verdicts).reshape(shape)
    if allowed.all() or not allowed.any():
        verdict = "every" if allowed.all() else "no"
        raise StudyError(f"{where}: allows {verdict} combination of levels.")
    return Restriction(text, used, allowed)


def _compared_for_equality(tree: ast.AST) -> Iterator[tuple[str, object]]:
    """Yield attribute and value of every comparison that only a level can satisfy."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            if isinstance(operator, (ast.Eq, ast.NotEq, ast.In, ast.NotIn)):
                for name, value in ((left, right), (right, left)):
                    if isinstance(name, ast.Name):
                        values = value.elts if isinstance(value, (ast.List, ast.Tuple, ast.Set)) else [value]
                        yield from (
                            (name.id, ast.literal_eval(item))
                            for item in values
                            if not isinstance(item, ast.Name)
                        )
