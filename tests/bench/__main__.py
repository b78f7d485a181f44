"""`make bench`: the split of a whole run per step; or models over a generated shop, identity, a load, the report."""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from orchestration.shop import REPOSITORY
from tests.bench.forecasts import time_forecasts
from tests.bench.identity import resolve
from tests.bench.loading import load
from tests.bench.models import Bench
from tests.bench.pages import time_pages
from tests.bench.sources import time_source
from tests.bench.sync import time_first_sync, time_plan


def main() -> None:
    """Print the benchmarks that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("shop", nargs="?", default="shops/demo")
    parser.add_argument("--orders", type=int, help="time the models over a generated shop of so many orders instead")
    parser.add_argument("--persons", type=int, help="time the resolution of so many persons instead")
    parser.add_argument("--customers", type=int, help="time fits and forecasts of so many simulated buyers instead")
    parser.add_argument("--rows", type=int, help="time the loading of a dropped file of so many rows instead")
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv", help="of that file")
    parser.add_argument("--source", help="time the load of so many --rows of this source from its fake instead")
    parser.add_argument("--memory", default="4GB", help="what DuckDB may take before it spills")
    parser.add_argument("--folder", type=Path, help="where the generated shop lies, data/bench/<orders> by default")
    parser.add_argument("--threads", type=int, default=2, help="how many models dbt runs at once; as profiles.yml")
    parser.add_argument("--sync", type=int, help="time the plan of so many memberships, and a first sync, instead")
    parser.add_argument("--pages", action="store_true", help="time the shop's report in a cold browser instead")
    parser.add_argument("--no-build", action="store_true", help="take the pages as they were built")
    options = parser.parse_args()
    if options.pages:
        time_pages(Path(options.shop), build=not options.no_build)
        return
    if options.sync is not None:
        folder = options.folder or REPOSITORY / "data" / "bench" / "sync"
        time_plan(options.sync, folder)
        time_first_sync(options.sync // 10, folder / "first")
        return
    if options.source is not None:
        folder = options.folder or REPOSITORY / "data" / "bench" / options.source
        time_source(options.source, options.rows or 1_000_000, folder)
        return
    if options.rows is not None:
        load(options.folder or REPOSITORY / "data" / "bench" / "loading", options.rows, options.format)
        return
    if options.customers is not None:
        time_forecasts(options.folder or REPOSITORY / "data" / "bench" / "forecasts", options.customers)
        return
    if options.persons is not None:
        resolve(options.folder or REPOSITORY / "data" / "bench" / "identity", options.persons, options.memory)
        return
    if options.orders is None:
        split(options.shop)
        return
    folder = options.folder or REPOSITORY / "data" / "bench" / str(options.orders)
    Bench(folder, options.orders, options.memory, options.threads).run()


def split(shop: str) -> None:
    """Run a shop twice and print when each of its steps began; the second run has nothing to install or parse."""
    for name in ("first run", "second run"):
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestration", "run", shop], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
        )
        print(f"{name} of {shop}")
        assert process.stdout is not None
        last, last_line = 0.0, "start"
        for line in process.stdout:
            if line.startswith("[") and not line.split("] ", 1)[1].startswith("  "):
                now = time.monotonic() - started
                print(f"{now - last:7.1f} s  {last_line}")
                last, last_line = now, line.split("] ", 1)[1].strip()
        process.wait()
        now = time.monotonic() - started
        print(f"{now - last:7.1f} s  {last_line}\n{now:7.1f} s  in all\n")


if __name__ == "__main__":
    main()
