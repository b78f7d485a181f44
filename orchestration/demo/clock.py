"""Times of the demo shop: its calendar, the local clock and the days and hours on which people buy.

A local time is the wall clock's reading as seconds since 1970-01-01 00:00 of that clock; an instant is UTC
seconds.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

TIMEZONE = "America/New_York"
FIRST_DATE = date(2024, 1, 2)
AS_OF_DATE = date(2026, 1, 5)
DAY = 86_400
HOUR = 3_600


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


FIRST_DAY = day_number(FIRST_DATE)
AS_OF_DAY = day_number(AS_OF_DATE)  # the as-of moment is this local day's midnight
DAYS = AS_OF_DAY - FIRST_DAY

# Local days with a big promotion: code, share of orders that use it, percent off, pull on demand.
PROMOTIONS: tuple[tuple[date, str, float, int, float], ...] = (
    (date(2024, 5, 9), "MUMSDAY20", 0.80, 20, 4.2),
    (date(2024, 7, 18), "SUMMER20", 0.82, 20, 4.0),
    (date(2024, 11, 29), "BLACKFRIDAY25", 0.90, 25, 7.0),
    (date(2024, 12, 2), "CYBERTEA25", 0.86, 25, 5.0),
    (date(2025, 5, 8), "MUMSDAY20", 0.80, 20, 4.2),
    (date(2025, 7, 17), "SUMMER20", 0.82, 20, 4.0),
    (date(2025, 11, 28), "BLACKFRIDAY25", 0.90, 25, 7.0),
    (date(2025, 12, 1), "CYBERTEA25", 0.86, 25, 5.0),
)
_WEEKDAYS = (1.10, 1.02, 0.98, 0.99, 0.90, 0.88, 1.13)  # Monday first
_MONTHS = (0.92, 0.92, 0.94, 0.92, 1.04, 0.90, 0.88, 0.90, 0.98, 1.06, 1.32, 1.42)
# Orders by local hour: few at night, a lunch bump, the evening peak.
_HOURS = (
    1.6, 0.9, 0.5, 0.35, 0.35, 0.6, 1.4, 2.6, 3.9, 4.8, 5.3, 5.4,
    5.8, 5.4, 4.9, 4.7, 4.7, 4.9, 5.2, 6.2, 7.3, 7.6, 6.0, 3.4,
)  # fmt: skip


@cache
def _offsets() -> tuple[Ints, Ints]:
    """Instants at which the zone's UTC offset changes, and the offset in seconds from each on."""
    zone = ZoneInfo(TIMEZONE)
    moment = datetime(2023, 1, 1, tzinfo=UTC)
    instants, offsets = [0], [-5 * HOUR]
    while moment.year < 2028:
        offset = int((moment.astimezone(zone).utcoffset() or timedelta()).total_seconds())
        if offset != offsets[-1]:
            instants.append(int(moment.timestamp()))
            offsets.append(offset)
        moment += timedelta(hours=1)
    return np.array(instants), np.array(offsets)


def utc_offset(instant: Ints) -> Ints:
    """The zone's offset from UTC in seconds at each instant."""
    instants, offsets = _offsets()
    return offsets[np.searchsorted(instants, instant, side="right") - 1]


def to_local(instant: Ints) -> Ints:
    """The wall clock's reading at each instant."""
    return instant + utc_offset(instant)


def to_instant(local: Ints) -> Ints:
    """The instant of each wall-clock time: the later of two, and an hour on where the time doesn't exist."""
    standard = local + 5 * HOUR
    daylight = local + 4 * HOUR
    only_daylight = (to_local(standard) != local) & (to_local(daylight) == local)
    return np.where(only_daylight, daylight, standard)


@cache
def as_of_instant() -> int:
    """The as-of moment as UTC seconds."""
    return int(to_instant(np.array([AS_OF_DAY * DAY]))[0])


def exported_instant() -> int:
    """When the files were exported: at 09:30 of the as-of day, so they hold a few orders too late for it."""
    return as_of_instant() + 9 * HOUR + HOUR // 2


def month_of(local: Ints) -> Ints:
    """Calendar month of a local time, 0 for January."""
    months = local.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months % 12, dtype=np.int64)


@cache
def promotion_days() -> Ints:
    """Day numbers of the big promotions, in order."""
    return np.array([day_number(row[0]) for row in PROMOTIONS])


@cache
def acquisition_weights() -> Floats:
    """Each day's share of all new customers: growth × month × weekday × promotion; sums to 1."""
    days = np.arange(FIRST_DAY, AS_OF_DAY)
    growth = np.linspace(0.82, 1.22, DAYS)
    weights = growth * np.array(_MONTHS)[month_of(days * DAY)] * np.array(_WEEKDAYS)[(days + 3) % 7]
    for promotion in PROMOTIONS:
        weights[day_number(promotion[0]) - FIRST_DAY] *= promotion[4]
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def draw_seconds_of_day(rng: np.random.Generator, size: int) -> Ints:
    """Seconds after local midnight at which people order, by the shop's hours."""
    hours = rng.choice(24, size=size, p=np.array(_HOURS) / sum(_HOURS))
    return np.asarray(hours * HOUR + rng.integers(0, HOUR, size), dtype=np.int64)


def move_to_usual_days(rng: np.random.Generator, day: Ints, earliest: Ints) -> Ints:
    """Repeat purchases moved a few days to promotions and strong weekdays, never before `earliest`."""
    moved = day.copy()
    weekday = (moved + 3) % 7
    moved += np.where(np.isin(weekday, (4, 5)) & (rng.random(day.size) < 0.16), 2, 0)
    for promotion in promotion_days():
        near = (day >= promotion - 4) & (day <= promotion + 6) & (rng.random(day.size) < 0.50)
        moved[near & (promotion > earliest)] = promotion
    return moved


def dst_change_days() -> list[date]:
    """The local dates of the history on which the clocks change."""
    instants, _ = _offsets()
    local = to_local(instants[1:])
    days = [date(1970, 1, 1) + timedelta(days=int(seconds // DAY)) for seconds in local]
    return [day for day in days if FIRST_DATE <= day < AS_OF_DATE]
