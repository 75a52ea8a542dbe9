"""Where services stood on the screen, in surveys that shuffle them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.formula import ALTERNATIVE
from dce.logit import FloatArray

PLACE = "screen_place"


def places_differ(choices: Choices, services: Sequence[object]) -> bool:
    """Whether places on the screen were recorded, and some service had more than one."""
    if PLACE not in choices.frame:
        return False
    rows = choices.frame[choices.frame[ALTERNATIVE].isin(services)]
    return bool((rows.groupby(ALTERNATIVE, observed=True)[PLACE].nunique() > 1).any())


def with_places(choices: Choices, services: Sequence[object]) -> tuple[Choices, list[str], int]:
    """Return the answers with a column for each place on the screen but the first.

    Returns
    -------
    Choices
        Of tasks whose places are known.
    list of str
        The columns: 1 where a service stood in that place among the services, else 0.
    int
        Answered tasks left out because their places are unknown.
    """
    places, known = _places(choices, services)
    layout = choices.layout
    most = int(places.max())
    columns = [f"{PLACE}_{place}" for place in range(2, most + 1)]
    of_row = np.zeros(len(choices.frame))
    of_row[layout.rows[layout.shown]] = places[layout.shown]
    frame = choices.frame.assign(
        **{name: (of_row == place).astype(float) for place, name in enumerate(columns, 2)}
    )
    keep = np.zeros(len(frame), dtype=bool)
    keep[layout.rows[layout.shown & known[:, None]]] = True
    return replace(choices, frame=frame[keep]), columns, int((~known).sum())


def _places(choices: Choices, services: Sequence[object]) -> tuple[FloatArray, np.ndarray]:
    """Return each service's place among the services of its task, from 1, (T, J); else 0; and if known."""
    layout = choices.layout
    screen = pd.to_numeric(choices.frame[PLACE]).to_numpy(dtype=np.float64, na_value=np.nan)[layout.rows]
    is_service = choices.frame[ALTERNATIVE].isin(services).to_numpy()[layout.rows] & layout.shown
    known = ~(np.isnan(screen) & is_service).any(axis=1)
    rank = np.where(is_service, screen, np.inf).argsort(axis=1).argsort(axis=1) + 1.0
    return np.where(is_service & known[:, None], rank, 0.0), known
