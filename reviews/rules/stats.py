"""Figures of answers with their 95 % intervals. Pure.

- Mean on a scale: m ± t(n−1) · s / √n, the interval of Student (1908), cut at the ends of the scale. Without a spread (one answer, or
  all alike) nothing is known about the error, and no interval is told.
- Share: the interval of Wilson (1927), which holds for small numbers and shares near 0 and 1.
- Net promoter score: 100 · (p − d), of promoters (9, 10) and detractors (0 to 6). Its interval is the adjusted Wald of Rocks (2016,
  "Interval Estimation for the Net Promoter Score", The American Statistician 70): with ¾ of a promoter, ¾ of a detractor and 1½
  passives added, p' − d' ± z · √((p' + d' − (p' − d')²) / (n + 3)).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

Z = 1.959964  # the 97.5th percentile of the normal distribution
# The same of Student's, for 1 to 10 degrees of freedom; beyond, the expansion below differs by less than 0.001.
T = (12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139)
PROMOTER, DETRACTOR = 9, 6
ADDED = 0.75


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure over `n` answers; None where there is none, or no interval can be told."""

    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


def mean(counts: Mapping[int, int], scale: range) -> Estimate:
    """The mean of numbers on a scale, from how often each was given."""
    n = sum(counts.values())
    if not n:
        return Estimate(0)
    middle = sum(value * count for value, count in counts.items()) / n
    squares = sum(count * (value - middle) ** 2 for value, count in counts.items())
    if n < 2 or not squares:
        return Estimate(n, middle)
    half = student(n - 1) * sqrt(squares / (n - 1) / n)
    return Estimate(n, middle, max(middle - half, scale[0]), min(middle + half, scale[-1]))


def student(freedom: int) -> float:
    """The 97.5th percentile of Student's distribution; Abramowitz and Stegun (1964), 26.7.5."""
    if freedom <= len(T):
        return T[freedom - 1]
    first = (Z**3 + Z) / 4
    second = (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96
    third = (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384
    return Z + first / freedom + second / freedom**2 + third / freedom**3


def share(part: int, n: int) -> Estimate:
    """A share from 0 to 1."""
    if not n:
        return Estimate(0)
    found = part / n
    middle = (found + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * sqrt(found * (1 - found) / n + Z * Z / (4 * n * n))
    return Estimate(n, found, max(middle - half, 0.0), min(middle + half, 1.0))


def nps(counts: Mapping[int, int]) -> Estimate:
    """The net promoter score, from -100 to 100."""
    n = sum(counts.values())
    if not n:
        return Estimate(0)
    fans = sum(count for value, count in counts.items() if value >= PROMOTER)
    foes = sum(count for value, count in counts.items() if value <= DETRACTOR)
    more, less, all = fans + ADDED, foes + ADDED, n + 4 * ADDED
    middle = (more - less) / all
    half = Z * sqrt(((more + less) / all - middle**2) / all)
    value = 100 * (fans - foes) / n
    # Of a single answer the interval would leave out the figure itself.
    return Estimate(n, value, max(min(100 * (middle - half), value), -100.0), min(max(100 * (middle + half), value), 100.0))
