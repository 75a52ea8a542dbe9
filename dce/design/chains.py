"""Designs that are changed side by side.

A search looks at thousands of small changes; in Python each call costs more than its arithmetic. So
many designs (chains) change at once, and every array has a first axis for them.

Notation as in :mod:`dce.design.update`; S tasks, p (C, S, J) the numbers of their services.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dce.design.objective import Part
from dce.design.problem import Problem
from dce.design.update import ratios, updated
from dce.logit import BoolArray, FloatArray, IntArray

LOG_SINGULAR = -12.0
"""Log-determinant per coefficient, of information scaled to a unit diagonal, that counts as zero."""
RIDGE = 1e-6
"""What is added to the unit diagonal of singular information, so that changes can lead out of it."""


@dataclass
class PartState:
    """What a part of the objective keeps per chain.

    Attributes
    ----------
    rows : (C, R, S, m, K) array
        Half information of the tasks.
    A : (C, R, K, K) array
        Inverse information.
    log_det : (C, R) array
    A_nuisance : (C, R, N, N) array
        Inverse of the information of the nuisance coefficients alone; N = 0 without any.
    log_det_nuisance : (C, R) array
    """

    rows: FloatArray
    A: FloatArray
    log_det: FloatArray
    A_nuisance: FloatArray
    log_det_nuisance: FloatArray


@dataclass(frozen=True)
class Scored:
    """Candidate tasks, their rows per part of the objective, and the score of designs with them."""

    candidates: IntArray
    rows: list[FloatArray]
    score: FloatArray


class Chains:
    """Designs p (C, S, J) with the inverse information that their changes update in place.

    Attributes
    ----------
    p : (C, S, J) integer array
    keys : (C, S) integer array
        The same for repeated tasks.
    score : (C,) array
        What is maximised, without the losses of broken rules; low, where information is singular.
    losses : (C,) array
    singular : (C,) boolean array
        Whether the information was singular when it was last computed anew, at any draw.
    """

    def __init__(self, problem: Problem, p: IntArray) -> None:
        self.problem = problem
        self.objective = problem.objective
        self.p = p
        self.refresh()

    def refresh(self) -> None:
        """Compute everything anew, against the rounding of many updates."""
        self.keys = self.problem.rules.keys(self.p)
        self.losses = self.problem.losses(self.p)
        states = [_state(part, self.p) for part in self.objective.parts]
        self.parts = [state for state, _ in states]
        self.singular = np.logical_or.reduce([singular for _, singular in states])
        self.score = self.objective.score(
            [
                part.value(state.log_det, state.log_det_nuisance, _variances(part, state.A))
                for part, state in zip(self.objective.parts, self.parts, strict=True)
            ]
        )

    @property
    def net(self) -> FloatArray:
        """The score less losses, (C,); minus infinity where information is singular."""
        return np.where(self.singular, -np.inf, self.score - self.losses)

    def scored(self, tasks: IntArray, candidates: IntArray) -> Scored:
        """Return the score of the designs in which a candidate replaces a task.

        Parameters
        ----------
        tasks : (G,) integer array
            Tasks that are replaced, one at a time.
        candidates : (C, G, n, J) integer array
        """
        values, rows = [], []
        for part, state in zip(self.objective.parts, self.parts, strict=True):
            U = state.rows[:, :, tasks]
            Y = part.rows(candidates)
            gained, lost = ratios(state.A, Y, U, part.F)
            log_det = state.log_det[:, :, None, None] + gained
            nuisance = state.log_det_nuisance[:, :, None, None]
            if part.nuisance.size:
                of_nuisance, _ = ratios(state.A_nuisance, Y[..., part.nuisance], U[..., part.nuisance])
                nuisance = nuisance + of_nuisance
            variances = _variances(part, state.A)
            if variances is not None and lost is not None:
                variances = variances[:, :, None, None] - lost
            values.append(part.value(log_det, nuisance, variances))
            rows.append(Y)
        return Scored(candidates, rows, self.objective.score(values))

    def change(
        self, scored: Scored, chains: IntArray, tasks: IntArray, group: IntArray, number: IntArray
    ) -> Changed:
        """Return what replacing M tasks at once comes to, exactly.

        Parameters
        ----------
        scored : Scored
            Candidates.
        chains : (N,) integer array
        tasks : (N, M) integer array
            Which tasks are replaced.
        group, number : (N, M) integer arrays
            Which candidates replace them.
        """
        parts, values = [], []
        at = chains[:, None]
        for k, (part, state) in enumerate(zip(self.objective.parts, self.parts, strict=True)):
            added = np.moveaxis(np.moveaxis(scored.rows[k], 1, 3)[at, group, number], 2, 1)
            removed = np.moveaxis(np.moveaxis(state.rows, 1, 2)[at, tasks], 2, 1)
            A, gained = updated(state.A[chains], _flat(added), _flat(removed))
            A_n, log_det_n = state.A_nuisance[chains], state.log_det_nuisance[chains]
            if part.nuisance.size:
                those = (_flat(rows[..., part.nuisance]) for rows in (added, removed))
                A_n, of_n = updated(A_n, *those)
                log_det_n = log_det_n + of_n
            changed = PartState(added, A, state.log_det[chains] + gained, A_n, log_det_n)
            parts.append(changed)
            values.append(part.value(changed.log_det, log_det_n, _variances(part, A)))
        new = scored.candidates[at, group, number]
        return Changed(chains, tasks, new, parts, self.objective.score(values))

    def accept(self, changed: Changed, which: BoolArray, losses: FloatArray) -> None:
        """Make the changes, in place, where ``which`` (N,) says so; ``losses`` (N,) after them."""
        chains, tasks = changed.chains[which], changed.tasks[which]
        self.p[chains[:, None], tasks] = changed.new[which]
        self.keys[chains[:, None], tasks] = self.problem.rules.keys(changed.new[which])
        for state, new in zip(self.parts, changed.parts, strict=True):
            np.moveaxis(state.rows, 1, 2)[chains[:, None], tasks] = np.moveaxis(new.rows[which], 1, 2)
            state.A[chains] = new.A[which]
            state.log_det[chains] = new.log_det[which]
            state.A_nuisance[chains] = new.A_nuisance[which]
            state.log_det_nuisance[chains] = new.log_det_nuisance[which]
        self.score[chains] = changed.score[which]
        self.losses[chains] = losses[which]


@dataclass(frozen=True)
class Changed:
    """Changes that may be accepted: see :meth:`Chains.change`."""

    chains: IntArray
    tasks: IntArray
    new: IntArray
    parts: list[PartState]
    score: FloatArray


def _flat(rows: FloatArray) -> FloatArray:
    """Turn rows (N, R, M, m, K) into (N, R, M m, K)."""
    N, R, M, m, K = rows.shape
    return rows.reshape(N, R, M * m, K)


def _variances(part: Part, A: FloatArray) -> FloatArray | None:
    """Return f'Af, (C, R, I)."""
    if part.F is None:
        return None
    return np.asarray(np.einsum("crkl,rik,ril->cri", A, part.F, part.F, optimize=True))


def _state(part: Part, p: IntArray) -> tuple[PartState, BoolArray]:
    rows = part.rows(p)
    flat = _flat(rows)
    M = np.swapaxes(flat, -1, -2) @ flat
    A, log_det, singular = _inverse(M)
    A_n, log_det_n, of_nuisance = _inverse(M[..., part.nuisance[:, None], part.nuisance])
    return PartState(rows, A, log_det, A_n, log_det_n), np.asarray((singular | of_nuisance).any(axis=1))


def _inverse(M: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return inverses, log-determinants and what is singular; that gets a ridge."""
    K = M.shape[-1]
    if not K:
        return M, np.zeros(M.shape[:-2]), np.zeros(M.shape[:-2], dtype=bool)
    d = np.einsum("...kk->...k", M)
    d = np.sqrt(np.where(d > np.finfo(float).tiny, d, 1.0))
    scaled = M / (d[..., :, None] * d[..., None, :])
    sign, log_det = np.linalg.slogdet(scaled)
    singular = ~((sign > 0) & (log_det > LOG_SINGULAR * K))
    if singular.any():
        scaled = scaled + np.where(singular, RIDGE, 0.0)[..., None, None] * np.eye(K)
        log_det = np.linalg.slogdet(scaled)[1]
    inverse = np.linalg.inv(scaled) / (d[..., :, None] * d[..., None, :])
    return inverse, log_det + 2 * np.log(d).sum(axis=-1), singular
