"""Time `dbt build` without tests over a generated shop, model by model, against plain SQL on the same raw rows."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.builds import begin_build, build_environment, build_flags, complete_build
from orchestration.demo.generate import generate
from orchestration.shop import REPOSITORY, Shop
from orchestration.sources.drop.loader import create_tables, load_drop
from orchestration.warehouse import open_warehouse, sql_environment, sql_settings
from tests.bench.delta import deliver
from tests.bench.floor.__main__ import taken
from tests.bench.sampling import Samples, watch

_GIGABYTE = 1e9
# After everything that the generator makes: naive UTC.
_AS_OF = datetime(2026, 1, 5, 5)  # noqa: DTZ001


@dataclass(frozen=True)
class Measured:
    """What one process took: seconds by the clock and of processor time, greatest memory and spill in bytes."""

    seconds: float
    processor: float
    resident: int
    spilled: int
    # Of the seconds and of the processor time, what falls to models that the floor takes from dbt.
    left_out: tuple[float, float] = (0.0, 0.0)

    def __str__(self) -> str:
        return (
            f"{self.seconds:.1f} s, {self.processor:.1f} CPU s, peak {self.resident / _GIGABYTE:.2f} GB, "
            f"spilled {self.spilled / _GIGABYTE:.2f} GB"
        )


@dataclass(frozen=True)
class Bench:
    """One generated shop, and what DuckDB and dbt may take."""

    folder: Path
    orders: int
    memory: str
    threads: int

    @property
    def shop(self) -> Shop:
        return Shop(folder=self.folder / "shop", name="bench", timezone="America/New_York", currency="USD")

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def target(self) -> Path:
        return self.folder / "target"

    def run(self) -> None:
        """The whole comparison: everything anew, the same by hand, a day's delta, and once more without news."""
        self.prepare()
        print(f"dbt parsed the project: {self.parse()}")
        full = self.build(_AS_OF, anew=True)
        print(f"everything anew: {full}")
        floor = self.floor()
        print(f"by hand: {floor}")
        seconds, processor = full.left_out
        print(f"left out of what follows, for it isn't made by hand: {seconds:.1f} s, {processor:.1f} CPU s")
        print(
            f"dbt against by hand: {(full.seconds - seconds) / floor.seconds:.2f} by the clock, "
            f"{(full.processor - processor) / floor.processor:.2f} of processor time"
        )
        moment = self.arrive()
        update = self.build(moment)
        print(f"a day's delta: {update}")
        print(
            f"delta against everything anew: {update.seconds / full.seconds:.0%} by the clock, "
            f"{update.processor / full.processor:.0%} of processor time"
        )

    def prepare(self) -> None:
        """Generate the shop and load it, unless that was done before."""
        self.shop.folder.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        generate(self.shop.folder, orders=self.orders)
        print(f"generated in {time.monotonic() - started:.1f} s")
        if not self.warehouse.exists():
            self._load()
        with open_warehouse(self.warehouse) as connection:
            create_tables(connection)

    def arrive(self) -> datetime:
        """Load a day's delta upon the last build; the as-of moment a day later than that one's."""
        with open_warehouse(self.warehouse) as connection:
            ((before,),) = connection.execute("select as_of from ops.last_build").fetchall()
            ((number,),) = connection.execute("select max(load_id) from ops.loads").fetchall()
            connection.execute(f"set memory_limit = '{self.memory}'")
            rows = deliver(connection, self.shop.folder, before, number)
        print(f"a day's delta of {rows:,} rows")
        self._load()
        moment: datetime = before + timedelta(days=1)
        return moment

    def parse(self) -> Measured:
        """What a run does once after the project or the shop's name for its warehouse has changed, and not again."""
        return self._watch(self._dbt("parse"), self._environment(_AS_OF), self.warehouse)[0]

    def build(self, as_of: datetime, anew: bool = False) -> Measured:
        """One `dbt build` without tests, as a run starts it. Prints a row a model."""
        with open_warehouse(self.warehouse) as connection:
            if anew:
                connection.execute("drop table if exists ops.last_build")
            start = begin_build(connection, self.shop, as_of)
        environment = self._environment(as_of) | build_environment(start)
        selection = ["--exclude-resource-type", "test", "unit_test", "--threads", str(self.threads)]
        command = self._dbt("build", *selection, *build_flags(start))
        measured, _, samples = self._watch(command, environment, self.warehouse)
        spans = self._spans()
        self._print_models(spans, samples)
        left_out = samples.share(spans, spans.keys() & taken(self.target))
        (self.target / "settings.json").write_text(json.dumps(sql_settings(self.shop, as_of)))
        with open_warehouse(self.warehouse) as connection:
            complete_build(connection, self.shop, as_of)
        return replace(measured, left_out=left_out)

    def floor(self) -> Measured:
        """The same tables by hand."""
        folder = self.folder / "floor"
        command = [
            sys.executable, "-m", "tests.bench.floor", str(self.warehouse), str(self.target), str(folder), self.memory,
        ]  # fmt: skip
        whole, output, _ = self._watch(command, {**os.environ}, folder / self.warehouse.name)
        told = json.loads(output.splitlines()[-1])
        print(f"{'seconds':>8} {'CPU s':>8}  by hand")
        for name, (seconds, processor) in sorted(told["tables"].items(), key=lambda item: -item[1][0])[:40]:
            print(f"{seconds:8.2f} {processor:8.2f}  {name}")
        print(f"tables whose rows differ: {', '.join(told['differing']) or 'none'}")
        return Measured(told["seconds"], told["processor"], whole.resident, whole.spilled)

    def _environment(self, as_of: datetime) -> dict[str, str]:
        own = {"DBT_PROFILES_DIR": str(REPOSITORY), "SECOND_ORDER_MEMORY": self.memory}
        return {**os.environ, **sql_environment(self.shop, self.warehouse, as_of), **own}

    def _dbt(self, command: str, *options: str) -> list[str]:
        return [
            str(Path(sys.executable).parent / "dbt"), command, "--target-path", str(self.target),
            "--log-path", str(self.target), "--log-level-file", "info", "--quiet", *options,
        ]  # fmt: skip

    def _load(self) -> None:
        started = time.monotonic()
        with open_warehouse(self.warehouse) as connection:
            connection.execute(f"set memory_limit = '{self.memory}'")
            result = load_drop(connection, self.shop.folder, "bench", _AS_OF, self.folder / "scratch")
        seconds = time.monotonic() - started
        rows = result.total("rows_in")
        print(f"loaded {rows:,} rows in {seconds:.1f} s ({rows / seconds:,.0f} rows/s)")

    def _watch(self, command: list[str], environment: dict[str, str], warehouse: Path) -> tuple[Measured, str, Samples]:
        started = time.time()
        process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True)
        samples = watch(process, warehouse.with_name(warehouse.name + ".tmp"))
        output, _ = process.communicate()
        ended = time.time()
        if process.returncode:
            print(output)
            raise SystemExit(process.returncode)
        resident, spilled = samples.peak(started, ended)
        return Measured(ended - started, samples.processor(started, ended), resident, spilled), output, samples

    def _spans(self) -> dict[str, tuple[float, float]]:
        """When each of the last build's nodes ran, by its relation: seconds since the epoch."""
        spans = {}
        for result in json.loads((self.target / "run_results.json").read_text())["results"]:
            timing = {item["name"]: item for item in result["timing"]}.get("execute")
            if timing is None or not timing["started_at"]:
                continue
            start, end = (datetime.fromisoformat(timing[edge]).timestamp() for edge in ("started_at", "completed_at"))
            name = str(result.get("relation_name") or result["unique_id"]).replace('"', "")
            spans[".".join(name.split(".")[-2:])] = (start, end)
        return spans

    def _print_models(self, spans: dict[str, tuple[float, float]], samples: Samples) -> None:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            sizes = dict(
                connection.execute(
                    "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"
                ).fetchall()
            )
        rows = [
            (end - start, samples.processor(start, end), name, sizes.get(name), *samples.peak(start, end))
            for name, (start, end) in spans.items()
        ]
        print(f"{'seconds':>8} {'CPU s':>8} {'rows':>12} {'peak GB':>8} {'spill GB':>8}  model")
        for seconds, processor, name, size, resident, spilled in sorted(rows, key=lambda row: -row[0]):
            print(
                f"{seconds:8.2f} {processor:8.2f} {size if size is not None else '':>12} {resident / _GIGABYTE:8.2f} "
                f"{spilled / _GIGABYTE:8.2f}  {name}"
            )
