"""Time fits and forecasts with ranges over simulated buyers, beside pymc-marketing's MAP if it is there."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from orchestration.foresight.fitting import fit_periods, forecast_periods

_HISTORY_DAYS = 730
_HOLDOUT_DAYS = 365
_CHUNK = 1_000_000
# What one sampled buyer more costs pymc-marketing grows with their number: its published example has so many.
_REFERENCE_CUSTOMERS = 2_357
# A Pareto/NBD process in days, with a trait that makes buying faster; values are Gamma-Gamma.
_RATE_SHAPE, _RATE_DAYS, _LEAVING_SHAPE, _LEAVING_DAYS, _WEIGHT = 0.6, 70.0, 0.6, 84.0, 0.2


def simulate(file: Path, customers: int) -> None:
    """Write the histories of so many buyers, as `int_foresight__histories` has them, unless the file is there."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(file)) as connection:
        for number, first in enumerate(range(0, customers, _CHUNK)):
            buyers, orders = _draw(min(_CHUNK, customers - first), number)
            connection.register("buyers", buyers)
            connection.register("orders", orders)
            connection.execute(
                f"""
                {"insert into histories" if number else "create table histories as"}
                with days as (select distinct buyer, day from orders),
                periods as (
                    from (values
                        ('now', {_HISTORY_DAYS}, {_HISTORY_DAYS}),
                        ('backtest', {_HISTORY_DAYS - _HOLDOUT_DAYS}, {_HISTORY_DAYS}),
                        ('trial', {(_HISTORY_DAYS - _HOLDOUT_DAYS) // 2}, {_HISTORY_DAYS - _HOLDOUT_DAYS})
                    ) as periods (period, cut_day, end_day)
                )
                select
                    period,
                    case when period = 'now' then 365 else end_day - cut_day end as horizon_days,
                    cut_day as history_days,
                    cast(count(case when day > first_day and day <= cut_day then 1 end) as integer) as frequency,
                    cast(coalesce(max(case when day <= cut_day then day end) - first_day, 0) as integer)
                        as recency_days,
                    cast(cut_day - first_day as integer) as age_days,
                    trait,
                    mean_spend,
                    cast(count(case when day > cut_day and day <= end_day then 1 end) as integer) as later_purchases
                from buyers cross join periods left join days using (buyer)
                where first_day <= cut_day
                group by period, cut_day, end_day, buyer, first_day, trait, mean_spend
                """
            )


def _draw(number: int, seed: int) -> tuple[pa.Table, pa.Table]:
    random = np.random.default_rng(seed)
    first = random.integers(0, _HISTORY_DAYS, number)
    trait = np.clip(np.round(2 * random.normal(size=number)) / 2, -2, 2)
    rate = random.gamma(_RATE_SHAPE, 1 / _RATE_DAYS, number) * np.exp(_WEIGHT * trait)
    life = random.exponential(size=number) / random.gamma(_LEAVING_SHAPE, 1 / _LEAVING_DAYS, number)
    span = np.minimum(life, _HISTORY_DAYS - first)
    buyer = np.repeat(np.arange(number), random.poisson(rate * span))
    day = np.floor(first[buyer] + span[buyer] * random.random(len(buyer))).astype(np.int32)
    mean = 15.44 * random.gamma(6.25, size=number) / random.gamma(3.74, size=number)
    buyers = {"buyer": np.arange(number), "first_day": first, "trait": trait, "mean_spend": mean}
    return pa.table(buyers), pa.table({"buyer": buyer, "day": day})


def time_forecasts(folder: Path, customers: int) -> None:
    """Print what fits and forecasts take in a process of their own, and what pymc-marketing takes for a sample."""
    file = folder / f"{customers}.duckdb"
    started = time.monotonic()
    simulate(file, customers)
    print(f"{customers:,} buyers simulated in {time.monotonic() - started:.1f} s")
    for name, arguments in (("fits and forecasts", ["fit", str(file)]), ("pymc-marketing's MAP", ["map", str(file)])):
        command = [sys.executable, "-m", "tests.bench.forecasts", *arguments]
        output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        print(f"{name}: {output.strip().splitlines()[-1]}")


def _fit(file: str) -> str:
    with duckdb.connect(file, read_only=True) as connection:
        connection.execute("set memory_limit = '1GB'")
        started, worked = time.monotonic(), time.process_time()
        histories = connection.table("histories")
        fits = fit_periods(histories)
        fitted = time.monotonic()
        forecasts = forecast_periods(histories, connection.from_arrow(fits))
        done = time.monotonic()
    chosen = next(row for row in fits.to_pylist() if row["is_chosen"] and row["period"] == "now")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return (
        f"{fitted - started:.1f} s for {len(fits)} fits, {done - fitted:.1f} s to foretell {len(forecasts):,} cells, "
        f"{time.process_time() - worked:.1f} CPU s, peak {peak:.2f} GB; {chosen['model']} "
        f"{[round(value, 3) for value in json.loads(chosen['parameters'])]}"
    )


def _map(file: str) -> str:
    try:
        from pymc_marketing.clv import BetaGeoModel, ParetoNBDModel  # type: ignore[import-not-found]
    except ImportError:
        return "left out: pymc-marketing isn't installed here"
    with duckdb.connect(file, read_only=True) as connection:
        data = connection.sql(
            f"""
            select
                row_number() over () as customer_id, frequency, recency_days / 7 as recency, age_days / 7 as "T"
            from (from histories where period = 'now' and age_days > 0 limit {_REFERENCE_CUSTOMERS})
            """
        ).df()
    said = []
    for model in (BetaGeoModel, ParetoNBDModel):
        started = time.monotonic()
        model(data).fit(method="map")
        said.append(f"{model.__name__} {time.monotonic() - started:.1f} s")
    return f"{', '.join(said)} for {len(data):,} buyers and one fit each, without forecasts"


if __name__ == "__main__":
    print({"fit": _fit, "map": _map}[sys.argv[1]](sys.argv[2]))
