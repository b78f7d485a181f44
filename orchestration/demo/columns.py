"""Tables as dataclasses of equally long numpy columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NONE = -1  # in an index or code column: nothing there
NEVER = 0  # in a column of instants: it didn't happen


@dataclass
class Columns:
    """Base of the tables: every field is one column."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def take(self, chosen: NDArray[Any]) -> Self:
        """The rows that a boolean mask or an index array chooses, in its order."""
        return type(self)(**{column.name: getattr(self, column.name)[chosen] for column in fields(self)})

    @classmethod
    def stack(cls, parts: Sequence[Self]) -> Self:
        """All rows of all parts, in order."""
        return cls(
            **{column.name: np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(cls)}
        )

    def as_mapping(self, **more: NDArray[Any]) -> Mapping[str, NDArray[Any]]:
        """The columns by name, with more beside them: what DuckDB takes as a table."""
        return {column.name: getattr(self, column.name) for column in fields(self)} | more


def group_starts(sorted_groups: Ints) -> Bools:
    """True where a new group begins in a sorted column of groups."""
    starts = np.ones(len(sorted_groups), dtype=np.bool_)
    starts[1:] = sorted_groups[1:] != sorted_groups[:-1]
    return starts


def rank_in_group(sorted_groups: Ints) -> Ints:
    """0, 1, 2 … within each run of equal values."""
    starts = np.flatnonzero(group_starts(sorted_groups))
    lengths = np.diff(np.append(starts, len(sorted_groups)))
    return np.arange(len(sorted_groups)) - np.repeat(starts, lengths)


def timeline_key(group: Ints, instant: Ints) -> Ints:
    """One number that sorts by group, then instant (instants are below 2**32 until 2106)."""
    return group * np.int64(1 << 32) + instant


def pick(rng: np.random.Generator, weights: Sequence[float] | Floats, size: int) -> Ints:
    """Indices drawn with the given weights, which need not sum to 1."""
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.searchsorted(cumulative / cumulative[-1], rng.random(size), side="right").astype(np.int64)
