"""What belongs to the demo shop as a whole: exchange rates, marketing spend, brand mentions."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from orchestration.demo import clock, programme, texts
from orchestration.demo.columns import Floats, Ints, pick
from orchestration.demo.lines import CAD_PER_USD

MENTIONS = 420


def exchange_rates(rng: np.random.Generator) -> tuple[Ints, Floats]:
    """(day number, US dollars for a Canadian one) on business days, from two weeks before the history."""
    days = np.arange(clock.FIRST_DAY - 14, clock.AS_OF_DAY + 1)
    steps = rng.normal(0, 0.0021, len(days))
    # A walk that is pulled back to its mean, as the rate of two neighbours is.
    drift = np.convolve(steps, 0.99 ** np.arange(len(days)))[: len(days)]
    rates = np.round(1 / CAD_PER_USD * np.exp(drift), 6)
    is_business_day = (days + 3) % 7 < 5
    return days[is_business_day], rates[is_business_day]


def spend_labels() -> list[dict[str, str | int | None]]:
    """What money is spent on: the paid sources, then e-mail, text messages and a flow's own cost."""
    labels: list[dict[str, str | int | None]] = [
        {"label": index, "channel": name, "stage": "acquisition", "acquisition_source": name, "flow_id": None}
        for index, (name, _, _, cost) in enumerate(texts.SOURCES)
        if cost
    ]
    after = (("email", None), ("sms", None), ("postcard", programme.WIN_BACK.flow_id))
    return labels + [
        {
            "label": 100 + index,
            "channel": name,
            "stage": "post_purchase",
            "acquisition_source": None,
            "flow_id": flow,
        }
        for index, (name, flow) in enumerate(after)
    ]


def spend(rng: np.random.Generator, new_customers: Ints) -> dict[str, Ints]:
    """Daily spend on paid sources and monthly bills of the tools.

    `new_customers` is (days, sources) counts of first orders; amounts are cents.
    """
    costs = np.array([row[3] for row in texts.SOURCES])
    days, sources = new_customers.shape
    # Budgets follow demand with some inertia: a week's mean of what each source brings.
    smooth = np.stack(
        [np.convolve(new_customers[:, index], np.ones(7) / 7, mode="same") for index in range(sources)],
        axis=1,
    )
    daily = np.round(smooth * costs * rng.lognormal(0.0, 0.12, (days, sources))).astype(np.int64)
    day, label = np.indices(daily.shape)
    chosen = costs[label] > 0
    amounts = [daily[chosen]]
    day_numbers, labels = [clock.FIRST_DAY + day[chosen]], [label[chosen]]
    months = _first_days_of_months()
    total = int(new_customers.sum())
    for index, share in enumerate((6, 2, 2)):  # cents a month for each customer ever won
        grown = np.linspace(0.4, 1.3, len(months))
        amounts.append(np.round(grown * share * total * rng.uniform(0.92, 1.08, len(months))).astype(np.int64))
        day_numbers.append(months)
        labels.append(np.full(len(months), 100 + index))
    order = np.lexsort((np.concatenate(labels), np.concatenate(day_numbers)))
    return {
        "day_number": np.concatenate(day_numbers)[order],
        "label": np.concatenate(labels)[order],
        "amount": np.concatenate(amounts)[order],
    }


def _first_days_of_months() -> Ints:
    """Day numbers of the first day of each month of the history."""
    days = [clock.FIRST_DATE + timedelta(days=offset) for offset in range(clock.DAYS)]
    return np.array([clock.day_number(day) for day in days if day.day == 1] or [clock.day_number(date(2024, 1, 1))])


def mentions(rng: np.random.Generator) -> dict[str, Ints | Floats]:
    """Where the brand was named: more often as it grows, mostly by assistants."""
    day = clock.FIRST_DAY + (np.sqrt(rng.random(MENTIONS)) * clock.DAYS).astype(np.int64)
    instant = np.sort(day * clock.DAY + rng.integers(11 * clock.HOUR, 27 * clock.HOUR, MENTIONS))
    instant = np.minimum(instant, clock.as_of_instant() - 3600)
    topic = pick(rng, (16, 11, 13, 12, 9, 8, 7, 10), MENTIONS)
    feeling = np.array([row[1] for row in texts.MENTIONS])[topic]
    return {
        "instant": instant,
        "platform": pick(rng, (30, 18, 16, 12, 20, 4), MENTIONS),
        "topic": topic,
        "sentiment": np.round(np.clip(feeling + rng.normal(0, 0.18, MENTIONS), -1, 1), 2),
    }
