"""Spherical-radial cubature: averages over a multivariate normal from a few hundred points.

The average of f over standard normals z in n dimensions is an integral over the sphere and one over
the radius. Each has a rule that is exact for polynomials of degree 5; so is their product, and all
its weights are positive, so that an infinite f stays infinite.

- Sphere: 2n points on the axes with weights 1 / (n (n + 2)), and the corners (±1, ..., ±1) / sqrt(n),
  of which a fraction of strength 5 is enough, sharing n / (n + 2). The simplex rule of Mysovskikh that
  Monahan and Genz use takes (n + 1) (n + 2) points, but has negative weights for n > 7.
- Radius: x = r^2 / 2 has a gamma distribution, so Gauss-Laguerre with two radii, or Gauss-Radau with
  the centre and one radius, sqrt(n + 2).

Every sphere is turned at random, so that the average over turns has no bias from the choice of axes.

Notation
--------
n dimensions, R points.

Z : (R, n) array
    Points.
w : (R,) array
    Weights, positive, with sum one.

References: Monahan and Genz (1997), JASA 92:664; Stroud (1971), Approximate Calculation of Multiple
Integrals, rule U_n 5-2 and section 2.7; Yu, Goos and Vandebroek (2010), Transportation Research B
44:1268, for logit designs.
"""

from __future__ import annotations

import numpy as np
from scipy.special import roots_genlaguerre

from dce.logit import FloatArray


def normal_cubature(n: int, number: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return Z and w, with at least ``number`` points, exact for polynomials of degree 5.

    One sphere and its centre where that is enough points, otherwise as many pairs of spheres as it
    takes. In one dimension the points are those of Gauss and Hermite.
    """
    if n == 1:
        radii, w_radii = _radii(1, max(2, -(-number // 2)))
        return np.concatenate([radii, -radii])[:, None], np.concatenate([w_radii, w_radii]) / 2
    U, w = sphere(n)
    if len(U) + 1 >= number:
        Z = np.vstack([np.zeros(n), np.sqrt(n + 2) * _turned(U, rng)])
        return Z, np.concatenate([[2.0], n * w]) / (n + 2)
    radii, w_radii = _radii(n, 2)
    pairs = -(-number // (2 * len(U)))
    Z = np.vstack([r * _turned(U, rng) for _ in range(pairs) for r in radii])
    return Z, np.tile(np.concatenate([w_r * w for w_r in w_radii]), pairs) / pairs


def smallest_cubature(n: int) -> int:
    """Return the number of points of one sphere and its centre."""
    return 2 * n + (2 << max(_without_equal_sums(n)).bit_length()) + 1


def sphere(n: int) -> tuple[FloatArray, FloatArray]:
    """Return points on the unit sphere and weights, exact for polynomials of degree 5."""
    corners = _corners(n) / np.sqrt(n)
    on_axes = np.full(2 * n, 1 / (n * (n + 2)))
    on_corners = np.full(len(corners), n / (n + 2) / len(corners))
    return np.vstack([np.eye(n), -np.eye(n), corners]), np.concatenate([on_axes, on_corners])


def _corners(n: int) -> FloatArray:
    """Return rows of ±1 of which any five columns are a full factorial, each as often.

    Column i of row x is the parity of the bits that x and word i share. Products of two or four
    columns vanish in the sum over x because no two and no four words add to zero; of an odd number,
    because the mirror image of each row is there too.
    """
    words = np.array(_without_equal_sums(n))
    shared = np.arange(2 ** int(words.max()).bit_length())[:, None] & words
    half = 1 - 2.0 * np.array([[x.bit_count() % 2 for x in row] for row in shared.tolist()])
    return np.vstack([half, -half])


def _without_equal_sums(n: int) -> list[int]:
    """Return the n smallest words of bits of which no two pairs have the same sum modulo 2."""
    words: list[int] = []
    sums: set[int] = set()
    word = 0
    while len(words) < n:
        new = {word ^ other for other in words}
        if not new & sums:
            words.append(word)
            sums |= new
        word += 1
    return words


def _radii(n: int, count: int) -> tuple[FloatArray, FloatArray]:
    x, w = roots_genlaguerre(count, n / 2 - 1)
    return np.sqrt(2 * x), w / w.sum()


def _turned(U: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Turn points by a rotation or reflection that is uniform over all (Stewart 1980)."""
    Q, upper = np.linalg.qr(rng.normal(size=(U.shape[1], U.shape[1])))
    return np.asarray(U @ (Q * np.sign(np.diag(upper))))
