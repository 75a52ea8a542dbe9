"""Answers looked at by respondent: what deserves a closer look before the analysis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.errors import ChoicesError, quoted
from dce.quality.answered import Answered, answered_tasks
from dce.quality.completeness import completeness
from dce.quality.extra_answers import dominance, repeats
from dce.quality.lexicographic import Worth, lexicographic, worth
from dce.quality.place_habits import always_opted_out, straight_lined
from dce.quality.result import Quality
from dce.quality.task_table import task_table
from dce.quality.times import certainty, times

WEIGHTLESS = "answered tasks with a weight of zero"
"""What Choices calls answered tasks that it leaves out."""


def quality(
    choices: Choices,
    *,
    opt_out: object = None,
    attributes: Sequence[str] | None = None,
    straight_tasks: int = 4,
    lexicographic_tasks: int = 5,
    speeding: float = 1 / 3,
) -> Quality:
    """Look at the answers of every respondent. Nobody is excluded.

    Each flag is True, False, or missing where nobody can know: a task that was not answered is no
    failure. Tasks to practise on are left aside, and so is what ``choices`` already left out, such as
    answered tasks with a weight of zero. Where the opt-out was a second question, places, lexicographic
    choice and dominance go by the first choice, among the services.

    Parameters
    ----------
    choices : Choices
        With respondents.
    opt_out : str, optional
        The alternative that takes none of the services. Default: the study's.
    attributes : sequence of str, optional
        Where lexicographic choice is looked for. Default: the study's attributes.
    straight_tasks : int, optional
        Answered tasks from which on always choosing the same place, or none, is a signal. Chance gives
        2 of 2^4 respondents the same of two places in four tasks.
    lexicographic_tasks : int, optional
        Answered tasks in which the services must differ in an attribute before always following it is
        a signal. Chance gives 1 of 2^5 respondents the better of two services in five, per attribute.
    speeding : float, optional
        The share of everybody's median time below which an answer is fast.

    Returns
    -------
    Quality
        ``frame`` has a row for each respondent.

    Raises
    ------
    ChoicesError
        If the respondents are unknown, or a parameter makes no sense.

    Notes
    -----
    - ``dominance_failed``: chose the worse service of a task with a better one. Choosing none is
      counted (``dominance_opted_out``), but neither passes nor fails: whoever wants neither service
      may know very well which one is better.
    - ``repeat_disagreed``: a repeated task was answered otherwise than the first time.
    - ``straight_lined``: chose the same place of the screen in all tasks, at least ``straight_tasks``;
      where the screen was not recorded, the place in the study. Labelled services that always stand in
      the same place cannot tell a habit from a preference.
    - ``always_opted_out``: chose none in all tasks, at least ``straight_tasks``.
    - ``lexicographic``: chose the best level of one attribute in all tasks where the services differ
      in it, at least ``lexicographic_tasks`` (dominant preferences: Scott 2002). The best is what the study
      says or its priors mean; where they say nothing, either end of a numeric attribute, or either of
      two levels. Levels that are equally good do not differ, nor does what only one service has.
      Choosing none where the services differ is not following the attribute. Someone who cares most
      about one thing answers just so [1]_ [2]_.
    - ``speeding``: mean or median seconds per task below ``speeding`` times the median respondent's. The
      mean, rather than the total, so that who answered fewer tasks is not fast for that. Tasks without
      a time are left aside.
    - ``incomplete``: left tasks of the block unanswered, by the response file; without one, answered
      fewer tasks than somebody else (of the block).

    References
    ----------
    .. [1] Lancsar and Louviere (2006), Health Economics 15:797-811: deleting such answers may impose
       preferences.
    .. [2] Campbell, Hensher and Scarpa (2011), Journal of Environmental Planning and Management
       54:1061-1076.
    .. [3] Scott (2002), Journal of Economic Psychology 23:383-398.
    .. [4] MacDonald et al. (2025), Value in Health 28(11), doi 10.1016/j.jval.2025.06.015: failures are
       unexpected answers that warrant enquiry.

    Examples
    --------
    >>> from dce import read_long
    >>> frame = pd.DataFrame({"id": 1, "t": [1, 1, 2, 2, 3, 3, 4, 4], "alt": ["a", "b"] * 4,
    ...                       "y": [1, 0] * 4, "price": [3, 4, 5, 2, 1, 2, 3, 2]})
    >>> choices = read_long(frame, respondent="id", task="t", alternative="alt", chosen="y")
    >>> quality(choices).flagged("straight_lined")
    [1]
    """
    for name, value in (("straight_tasks", straight_tasks), ("lexicographic_tasks", lexicographic_tasks)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ChoicesError(f"{name}: found {quoted(value)}; allowed: a whole number of at least 1.")
    if not isinstance(speeding, (int, float, np.number)) or not 0 <= speeding <= 1:
        raise ChoicesError(f"speeding: found {quoted(speeding)}; allowed: a number from 0 to 1.")
    answered = answered_tasks(choices, opt_out)
    orders = worth(choices, attributes)
    frame = pd.concat(
        [
            completeness(answered),
            dominance(answered),
            repeats(answered),
            straight_lined(answered, straight_tasks),
            always_opted_out(answered, straight_tasks),
            lexicographic(answered, orders, lexicographic_tasks),
            times(answered, speeding),
            certainty(answered),
        ],
        axis=1,
    )
    rules = {
        "dominance_failed": "a worse service in any such task",
        "repeat_disagreed": "another answer in any such task",
        "straight_lined": f"the same place in all tasks, of at least {straight_tasks}",
        "always_opted_out": f"none in all tasks, of at least {straight_tasks}",
        "lexicographic": "the best level of an attribute in all tasks where services differ in it, of at "
        f"least {lexicographic_tasks}",
        "speeding": f"mean or median time of a task below {speeding:.0%} of the median respondent's",
        "incomplete": "any task unanswered",
    }
    return Quality(frame, task_table(answered), choices.source, rules, _notes(answered, orders))


def _notes(answered: Answered, orders: Worth) -> tuple[str, ...]:
    """Say what the flags stand on."""
    choices = answered.choices
    notes = []
    if not answered.screen_known:
        notes.append("Places are those of the study: none was recorded on the screen.")
        if choices.study is not None and "alternatives" in choices.study.survey.shuffle:
            notes.append("The study asks for alternatives in random order: these may be other places.")
        if choices.study is not None and choices.study.labelled:
            notes.append("Services are labelled: the same place is the same service, perhaps the favourite.")
    if "forced" in choices.frame:
        notes.append("Places and lexicographic choice go by the first choice, before taking none.")
    unordered = [name for name, ways in orders.items() if not ways]
    if unordered:
        names = ", ".join(unordered)
        notes.append(f"Not looked at for lexicographic choice, as no level is known to be best: {names}.")
    if not orders:
        notes.append("Lexicographic choice is looked for where attributes= are named.")
    weightless = choices.left_out.get(WEIGHTLESS, 0)
    if weightless:
        notes.append(f"Not looked at: {weightless:,d} {WEIGHTLESS}.")
    return tuple(notes)
