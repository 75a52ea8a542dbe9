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
    _check_meaning(tree.body, levels, where)
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


def _check_meaning(node: ast.expr, levels: Mapping[str, tuple[object, ...]], where: str) -> None:
    """Refuse what Python reads otherwise than people do, such as ``mode == "a" or "b"``."""
    if isinstance(node, ast.BoolOp):
        for part in node.values:
            _check_meaning(part, levels, where)
        return
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        _check_meaning(node.operand, levels, where)
        return
    if not isinstance(node, ast.Compare):
        raise StudyError(
            f"{where}: {ast.unparse(node)} stands alone; allowed: comparisons such as mode == 'group', "
            "joined by and, or, not."
        )
    for operator, side in zip(node.ops, node.comparators, strict=True):
        is_list = isinstance(side, (ast.List, ast.Tuple, ast.Set))
        if isinstance(operator, (ast.In, ast.NotIn)) != is_list:
            raise StudyError(
                f"{where}: {ast.unparse(node)}; allowed: 'in' with a list such as ['a', 'b'], and other "
                "comparisons with one level."
            )
    sides = [node.left, *node.comparators]
    if any(isinstance(side, (ast.BoolOp, ast.Compare)) for side in sides):
        raise StudyError(f"{where}: {ast.unparse(node)}; allowed: comparisons of attributes with levels.")
    ordered = any(isinstance(o, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) for o in node.ops)
    for name in (side.id for side in sides if isinstance(side, ast.Name)):
        if ordered and any(isinstance(level, str) for level in levels.get(name, ())):
            raise StudyError(f"{where}: the levels of {name!r} are words and have no order; allowed: ==, in.")


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
                            (name.id, _constant(item)) for item in values if not isinstance(item, ast.Name)
                        )


def _constant(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)
