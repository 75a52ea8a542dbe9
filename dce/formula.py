"""Utility formulas, as the package formulaic reads them, with the conventions of choice models.

- There is no intercept: a logit has none.
- ``constants`` stands for the constants that the study declares. It is part of every formula, as
  the intercept is elsewhere; ``- constants`` leaves it out, and ``alternative`` (a constant for
  every alternative but the first) replaces it.
- What never differs within a task, such as the age of the respondent, has no effect by itself. So
  ``parking:age65`` is the effect of being 65 on each level but the reference, and
  ``age65:alternative`` that on each alternative but the first.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from formulaic import Formula
from formulaic.errors import FormulaicError
from formulaic.parser.types import Term

from dce.errors import FormulaError

CONSTANTS = "constants"
ALTERNATIVE = "alternative"


@dataclass(frozen=True)
class UtilityFormula:
    """A formula as it was written, and its terms.

    Attributes
    ----------
    text : str
    terms : formulaic.Formula
        Its terms, after the intercept.
    variables : tuple of str
        What it depends on.
    hidden : frozenset of str
        Terms that were added so that others leave out their reference level; they have no
        coefficients of their own.
    """

    text: str
    terms: Formula
    variables: tuple[str, ...]
    hidden: frozenset[str] = frozenset()

    @property
    def transforms(self) -> bool:
        """Whether a factor is more than a column, such as ``poly(distance, 2)``."""
        return any(f.eval_method.value == "python" for term in self.terms for f in term.factors)

    @property
    def interactions(self) -> bool:
        """Whether a term has more than one factor."""
        return any(len(term.factors) > 1 for term in self.terms)


def parse_formula(text: str, has_constants: bool) -> UtilityFormula:
    """Read a formula.

    Parameters
    ----------
    text : str
    has_constants : bool
        Whether ``constants`` stands for anything.

    Raises
    ------
    FormulaError
        If it cannot be read, has two sides, or removes the intercept.

    Examples
    --------
    >>> parse_formula("wait + poly(distance, 2):age65", has_constants=True).variables
    ('age65', 'constants', 'distance', 'wait')
    """
    if not isinstance(text, str):
        raise FormulaError(f"the formula is {text!r}; allowed: a text such as 'cost + time'.")
    bare = text.strip().removeprefix("~").strip()
    if not bare:
        raise FormulaError("The formula is empty; name at least one attribute.")
    try:
        parsed = Formula(f"1 + {CONSTANTS} + {bare}")
    except (FormulaicError, SyntaxError) as error:
        raise FormulaError(f"{text!r}: cannot be read: {reason(error)}") from error
    if "|" in bare or not isinstance(parsed, Formula) or hasattr(parsed, "lhs"):
        raise FormulaError(f"{text!r}: one side only; the answers are not part of the formula.")
    terms = list(parsed)
    if not any(_is_intercept(term) for term in terms):
        raise FormulaError(
            f"{text!r}: leave out 0 and -1; a logit has no intercept. "
            "To leave out the constants of the study, write '- constants'."
        )
    if not has_constants or any(str(term) == ALTERNATIVE for term in terms):
        terms = [term for term in terms if str(term) != CONSTANTS]
    return _formula(text, terms)


def hide_margins(formula: UtilityFormula, is_fixed: Callable[[str], bool]) -> UtilityFormula:
    """Add the terms that have no effect by themselves, so that others leave out their reference.

    Without them formulaic would code ``parking:age65`` as the effect of being 65 on every level of
    parking, which no answers can tell apart.

    Parameters
    ----------
    formula : UtilityFormula
    is_fixed : callable
        Whether a variable never differs between the alternatives of a task.
    """
    terms = list(formula.terms)
    hidden: list[Term] = []
    for term in formula.terms:
        factors = [factor for factor in term.factors if variables_of(factor)]
        if len(factors) < 2:
            continue
        margins = [[factor] for factor in factors if str(factor) in (ALTERNATIVE, CONSTANTS)]
        margins.append([factor for factor in factors if all(map(is_fixed, variables_of(factor)))])
        hidden += [margin for margin in map(Term, filter(None, margins)) if margin not in [*terms, *hidden]]
    if not hidden:
        return formula
    return replace(_formula(formula.text, [*terms, *hidden]), hidden=frozenset(map(str, hidden)))


def variables_of(factor: Any) -> frozenset[str]:
    """Return the variables of a factor: all names in it but those of functions and contrasts.

    formulaic's own ``required_variables`` overlooks those in ``poly`` and ``center``.
    """
    if factor.eval_method.value == "lookup":
        return frozenset({str(factor.expr)})
    if factor.eval_method.value == "python":
        return names_in(str(factor.expr))
    return frozenset()


def names_in(expression: str) -> frozenset[str]:
    """Return the variables of a Python expression.

    Examples
    --------
    >>> sorted(names_in("log(np.abs(wait)) + C(mode, contr.sum) + `my cost`"))
    ['mode', 'my cost', 'wait']
    """
    quoted = re.findall(r"`([^`]+)`", expression)
    for number, name in enumerate(quoted):
        expression = expression.replace(f"`{name}`", f"quoted_name_{number}")
    tree = ast.parse(expression, mode="eval")
    functions = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    bound = {
        name.id
        for node in ast.walk(tree)
        if isinstance(node, ast.comprehension)
        for name in ast.walk(node.target)
        if isinstance(name, ast.Name)
    }
    names = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node not in functions and node.id not in {"contr", "np", *bound}
    }
    back = {f"quoted_name_{number}": name for number, name in enumerate(quoted)}
    return frozenset(back.get(name, name) for name in names)


def reason(error: BaseException) -> str:
    """Return the first line of what another package complains of."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def _is_intercept(term: Term) -> bool:
    return not any(variables_of(factor) for factor in term.factors) and str(term) == "1"


def _formula(text: str, terms: list[Term]) -> UtilityFormula:
    try:
        parsed = Formula(terms)
        names = {name for term in parsed for factor in term.factors for name in variables_of(factor)}
    except (FormulaicError, SyntaxError) as error:
        raise FormulaError(f"{text!r}: {reason(error)}") from error
    return UtilityFormula(text, parsed, tuple(sorted(names)))
