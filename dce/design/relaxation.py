"""The best measure on a few of the tasks, by an interior-point method.

A design of S tasks is S times a probability measure w on the possible tasks. Over all measures the
D-error is convex, so that its minimum can be found, and duality proves how low it can be.

Notation
--------
N tasks, J alternatives, K coefficients, R draws of them with weights omega.

M_r = sum_t w_t M_rt
    Information of a measure at the r-th draw.
F(w) = log sum_r omega_r det(M_r)^(-1/K)
    Its logarithmic D-error (DB-error where R > 1); convex, as a log-sum-exp of convex functions.
P : (R, N, J) array
    Choice probabilities.
E : (N, C) array
    Which task shows which of the C cells (:mod:`dce.design.level_shares`).

Reference: Boyd and Vandenberghe (2004), Convex Optimization, sections 7.5 and 11.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from dce.design.level_shares import LevelShares
from dce.logit import FloatArray, half_information

STEPS = 60
"""Newton steps at most: prices that are not quite central prove a bound too."""
CURVED = 8
"""Draws whose curvature stands for that of all."""
CENTRED = 0.1
"""Squared Newton decrement, in units of mu, of a measure that counts as the centre."""
LOOSE = 1e-6
"""Least slack to begin with."""
MIXED = 0.1
"""Share of new tasks in the measure from which the next is sought, at most."""
SHORTEST = 1e-10
"""Newton steps shorter than this fraction gain nothing but rounding."""


@dataclass(frozen=True)
class Centre:
    """A measure near the minimum of F, and the prices that go with it.

    Attributes
    ----------
    w : (N,) array
        The measure.
    slack : array
        By how much shares are below, and above, what is allowed; or within it, at no cost.
    log_error : float
        F of it.
    shortfall : float
        Sum of what its shares of levels lack of, or exceed, the allowed ones.
    draws : (R,) array
        Weights of the draws in the gradient of F.
    inverses : (R, K, K) array
        The inverse of every M_r.
    price : (C,) array
        What showing a cell costs, in units of K times F.
    """

    w: FloatArray
    slack: FloatArray
    log_error: float
    shortfall: float
    draws: FloatArray
    inverses: FloatArray
    price: FloatArray


class Relaxation:
    """The convex problem on N tasks, with a penalty for shares of levels that are not allowed.

    Every share has slack that costs ``penalty`` a unit, so that any measure will do to begin with.
    Prices are within the penalty then, and prove a bound whatever they are.
    """

    def __init__(
        self, X: FloatArray, P: FloatArray, E: FloatArray, shares: LevelShares, omega: FloatArray
    ) -> None:
        self.K = X.shape[-1]
        self.omega = omega
        self.Z = [half_information(X, P_r) for P_r in P]
        equal = (shares.most <= shares.least) & ~shares.implied
        low, high = (shares.most > shares.least) & np.array([shares.least > 0, shares.most < 1])
        self.cell = np.concatenate([np.flatnonzero(part) for part in (equal, low, high)])
        kind = np.repeat([0, 1, 2], [equal.sum(), low.sum(), high.sum()])
        self.share = np.where(kind == 2, shares.most[self.cell], shares.least[self.cell])
        self.costs = np.concatenate([kind != 2, kind != 1])  # which slack, below and above the share
        self.rows = np.vstack([np.ones(len(X)), E[:, self.cell].T])
        self.n_cells = E.shape[1]

    def start(self, w: FloatArray, new: int, slack: FloatArray | None) -> tuple[FloatArray, FloatArray]:
        """Return a measure > 0 and slack that fit the rows.

        Parameters
        ----------
        w : (N - new,) array
            The measure on all tasks but the last ``new`` ones.
        slack : array or None
            That of w. None: as much as w needs.
        """
        if slack is None:
            left = self.share - self.rows[1:] @ w
            return w, np.maximum(np.concatenate([left, -left]), 0) + LOOSE
        m = len(self.share)
        target = np.concatenate([[1.0], self.share - slack[:m] + slack[m:]])
        mixed, corrected = MIXED, w
        while new:
            trial = np.concatenate([(1 - mixed) * w, np.full(new, mixed / new)])
            change = np.linalg.lstsq(self.rows * trial, target - self.rows @ trial)[0]
            if (change > -0.9).all():
                corrected = trial * (1 + change)
                break
            mixed /= 4
        return corrected, slack

    def centre(self, w: FloatArray, slack: FloatArray, mu: float, penalty: float) -> Centre:
        """Return the minimum of F plus penalty - mu (sum of the logarithms of w and slack).

        By Newton's method from w and slack that fit the rows (Boyd and Vandenberghe, chapter 11): mu
        times the number of variables is how far F is from its minimum.
        """
        x = np.concatenate([w, slack])
        cost = np.concatenate([np.zeros(len(w)), penalty * self.costs])
        value = self._value(x, cost, mu)
        for _ in range(STEPS):
            dx, y, decrement = self._newton(x, cost, mu)
            if decrement <= CENTRED * mu:
                break
            step = min(1.0, 0.95 / max(float((-dx / x).max()), 0.95))
            while not (trial := self._value(x + step * dx, cost, mu)) <= value - 0.1 * step * decrement:
                step /= 2
                if step < SHORTEST:
                    return self._read(x, y)
            x, value = x + step * dx, trial
        return self._read(x, y)

    def _value(self, x: FloatArray, cost: FloatArray, mu: float) -> float:
        try:
            log_error = self._factors(x[: self.rows.shape[1]])[0]
        except np.linalg.LinAlgError:
            return np.inf
        return float(log_error + cost @ x - mu * np.log(x).sum())

    def _newton(self, x: FloatArray, cost: FloatArray, mu: float) -> tuple[FloatArray, FloatArray, float]:
        """Return Newton's step, the multipliers of the rows, and the squared decrement."""
        N, m = self.rows.shape[1], len(self.share)
        gradient, U = self._derivatives(x[:N])
        slope = cost - mu / x
        slope[:N] += gradient
        inverse = x**2 / mu  # of the Hessian but for that of F, which is UU'
        right = inverse[:N, None] * np.column_stack([slope[:N], self.rows.T])
        small = np.eye(U.shape[1]) + U.T @ (inverse[:N, None] * U)
        solved = right - inverse[:N, None] * (U @ cho_solve(cho_factor(small), U.T @ right))
        schur, on_rows = self.rows @ solved[:, 1:], self.rows @ solved[:, 0]
        below, above = slice(N, N + m), slice(N + m, N + 2 * m)
        schur[np.arange(1, m + 1), np.arange(1, m + 1)] += inverse[below] + inverse[above]
        on_rows[1:] += inverse[below] * slope[below] - inverse[above] * slope[above]
        y = -np.linalg.solve(schur, on_rows)
        along = np.concatenate([y[1:], -y[1:]])
        dx = np.concatenate([-solved[:, 0] - solved[:, 1:] @ y, -inverse[N:] * (slope[N:] + along)])
        return dx, y, -float(slope @ dx)

    def _read(self, x: FloatArray, y: FloatArray) -> Centre:
        w, slack = np.split(x, [self.rows.shape[1]])
        log_error, pi, factors = self._factors(w)
        inverses = np.stack([cho_solve((L, True), np.eye(self.K)) for L in factors])
        inverses = (inverses + np.swapaxes(inverses, 1, 2)) / 2
        price = np.zeros(self.n_cells)
        np.add.at(price, self.cell, self.K * y[1:])
        return Centre(w, slack, log_error, float(slack @ self.costs), pi, inverses, price)

    def _factors(self, w: FloatArray) -> tuple[float, FloatArray, list[FloatArray]]:
        """Return F, the weights of the draws in its gradient, and the Cholesky factor of every M_r."""
        factors: list[FloatArray] = []
        y = []
        for Z in self.Z:
            rows = (Z * np.sqrt(w)[:, None, None]).reshape(-1, self.K)
            factors.append(np.asarray(np.linalg.cholesky(rows.T @ rows), dtype=np.float64))
            y.append(-2 * np.log(np.diag(factors[-1])).sum() / self.K)
        each = np.log(self.omega) + np.array(y)
        log_error = float(np.logaddexp.reduce(each))
        return log_error, np.exp(each - log_error), factors

    def _derivatives(self, w: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the gradient (N,) of F, and U (N, D) such that UU' is about its Hessian.

        Exact for one draw. Of many, some are taken for all: Newton's method then takes more steps,
        but far cheaper ones, to the same centre.
        """
        K = self.K
        _, pi, factors = self._factors(w)
        taken = np.unique(np.linspace(0, len(pi) - 1, CURVED).round().astype(int))
        upper = np.triu_indices(K)
        double = np.where(upper[0] == upper[1], 1.0, np.sqrt(2.0))
        gradient, curvature = np.zeros(len(w)), []
        for r, (Z, L) in enumerate(zip(self.Z, factors, strict=True)):
            Y = solve_triangular(L, Z.reshape(-1, K).T, lower=True).T.reshape(Z.shape)
            gradient -= (pi[r] / K) * np.einsum("njk,njk->n", Y, Y)
            if r in taken:
                B = (np.swapaxes(Y, 1, 2) @ Y)[:, upper[0], upper[1]] * double
                curvature.append(B * np.sqrt(pi[r] / (pi[taken].sum() * K)))
        return gradient, np.concatenate(curvature, axis=1)
