"""The command line: `python -m orchestration <command>`, called by the Makefile."""

import argparse
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from orchestration.errors import UserError
from orchestration.preflight import LOOPBACK, check_disk, check_node, check_port, check_python
from orchestration.shop import REPOSITORY, Shop, load_shop, paths_of

_LABELS = {
    "valid_orders": "Valid orders",
    "net_sales": "Net sales",
    "customers": "Customers who can be told apart",
    "repeat_rate_90d": "Came back within 90 days",
    "lifetime_repeat_share": "Ever ordered twice or more",
}
# A run of the demo makes some 200 MB; a gigabyte leaves room for a version to be written beside the one before.
_RUN_BYTES = 1_000_000_000
_DAGSTER_PORT = 3000
_REPORT_PORT = 8000
_WEBHOOK_PORT = 8001
_WEBHOOK_SECRET = "SHOPIFY_CLIENT_SECRET"
_POLL_SECONDS = 0.3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the process's exit code; an error meant for the user is one line on stderr."""
    options = _parser().parse_args(arguments)
    try:
        check_python()
        commands = {
            "run": _run,
            "up": _up,
            "demo": _demo,
            "webhooks": _webhooks,
            "backfill": _backfill,
            "doctor": _doctor,
            "sync": _sync,
            "erase": _erase,
            "export-person": _export_person,
            "pdf": _pdf,
        }
        command = commands[options.command]
        command(options)
    except UserError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m orchestration", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument("--data", type=Path, default=None, help="where the shop's own data lie, data/ by default")
    demo_or_shop = argparse.ArgumentParser(add_help=False, parents=[data])
    demo_or_shop.add_argument("shop", type=Path, nargs="?", default=Path("shops/demo"))
    shop = argparse.ArgumentParser(add_help=False, parents=[data])
    shop.add_argument("shop", type=Path)
    person = argparse.ArgumentParser(add_help=False, parents=[shop])
    person.add_argument("email", help="any address of the person")
    wait = argparse.ArgumentParser(add_help=False)
    wait.add_argument("--wait", type=float, default=0, help="seconds to wait while another run writes the shop")

    run = commands.add_parser(
        "run", help="run a shop from its files to a published version and a report", parents=[demo_or_shop, wait]
    )
    run.add_argument("--no-site", action="store_true", help="publish without putting the report together")
    up = commands.add_parser(
        "up", help="Dagster's web page and the report, on this machine only", parents=[demo_or_shop]
    )
    up.add_argument("--dagster-port", type=int, default=_DAGSTER_PORT)
    up.add_argument("--report-port", type=int, default=_REPORT_PORT)
    webhooks = commands.add_parser(
        "webhooks", help="take Shopify's webhooks until stopped; a run then does what they say", parents=[shop]
    )
    webhooks.add_argument("--host", default=LOOPBACK, help="this machine only by default")
    webhooks.add_argument("--port", type=int, default=_WEBHOOK_PORT)
    backfill = commands.add_parser("backfill", help="take a span of days of one connected system again", parents=[shop])
    backfill.add_argument("source", help="as named in shop.yml")
    backfill.add_argument("start", help="first day, such as 2025-01-01")
    backfill.add_argument("end", help="last day, included")
    commands.add_parser("doctor", help="check each connected system and say what to do", parents=[demo_or_shop])
    sync = commands.add_parser(
        "sync", help="bring the configured destinations up to the published audiences", parents=[shop, wait]
    )
    sync.add_argument("--dry-run", action="store_true", help="make and print the plan, send nothing")
    sync.add_argument("--allow", action="append", default=[], help="an audience that its size is not to stop")
    erase = commands.add_parser(
        "erase", help="erase a person from everything that is held, and prove it", parents=[person, wait]
    )
    erase.add_argument("--dry-run", action="store_true", help="show who and what it is, and change nothing")
    erase.add_argument("--yes", action="store_true", help="don't ask")
    export = commands.add_parser(
        "export-person", help="write everything that is held of a person into a JSON file", parents=[person, wait]
    )
    export.add_argument("--to", type=Path, default=None, help="the file; person-<moment>.json here by default")
    pdf = commands.add_parser("pdf", help="print the report's first page to a PDF file", parents=[demo_or_shop])
    pdf.add_argument("--language", choices=("en", "zh"), default="en")
    demo = commands.add_parser("demo", help="write the demo shop's files")
    demo.add_argument("--orders", type=int, default=None)
    return parser


@contextmanager
def _progress(name: str = "second_order.progress") -> Iterator[None]:
    """Show what a logger says on the terminal, with the seconds since the command began."""
    handler = logging.StreamHandler(sys.stdout)
    started = time.monotonic()

    class Elapsed(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return f"[{time.monotonic() - started:6.1f} s] {record.getMessage()}"

    handler.setFormatter(Elapsed())
    progress = logging.getLogger(name)
    progress.setLevel(logging.INFO)
    progress.addHandler(handler)
    progress.propagate = False
    try:
        yield
    finally:
        progress.removeHandler(handler)
        progress.propagate = True


def _generate(shop: Shop, orders: int | None = None) -> None:
    """Write a generated shop's files, unless they are there already."""
    if shop.generate is None:
        return
    from orchestration.demo.generate import generate

    generate(shop.folder, orders=orders or shop.generate.orders, seed=shop.generate.seed)


def _run(options: argparse.Namespace) -> None:
    shop = load_shop(options.shop)
    paths = paths_of(shop, options.data)
    check_disk(paths.root, _RUN_BYTES)
    if not options.no_site:
        check_node()
    with _progress():
        _generate(shop)
        from orchestration.run import run_shop

        summary = run_shop(shop, paths, wait_seconds=options.wait, with_site=not options.no_site)
    print()
    print(
        f"Rows: {summary.rows_in:,} in = {summary.rows_loaded:,} loaded + {summary.rows_rejected:,} rejected "
        f"+ {summary.rows_redelivered:,} delivered before"
    )
    for figure, value, numerator, denominator, unit in summary.headlines:
        print(f"  {_LABELS[figure]:<34} {_shown(value, unit, summary.currency)}{_of(numerator, denominator)}")
    print(f"Published: {summary.version}")
    if not options.no_site:
        print(f"Report:    {_relative(summary.site_index)}")
        print(f"Open it:   make up SHOP={options.shop}")


def _shown(value: float | None, unit: str, currency: str) -> str:
    if value is None:
        return "not known yet"
    match unit:
        case "share":
            return f"{value:.2%}"
        case "money":
            return f"{value:,.2f} {currency}"
        case _:
            return f"{value:,.0f}"


def _of(numerator: float | None, denominator: float | None) -> str:
    return "" if denominator is None or numerator is None else f" ({numerator:,.0f} of {denominator:,.0f})"


def _relative(path: Path) -> Path:
    return path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path


def _demo(options: argparse.Namespace) -> None:
    shop = load_shop(REPOSITORY / "shops" / "demo")
    _generate(shop, options.orders)
    print(f"The demo shop's files lie in {_relative(shop.drop)}")


def _webhooks(options: argparse.Namespace) -> None:
    shop = load_shop(options.shop)
    secret = os.environ.get(_WEBHOOK_SECRET, "")
    if not secret:
        raise UserError(f"{_WEBHOOK_SECRET} is not set: webhooks are signed with the client secret of the Shopify app")
    check_port(options.port, "the webhooks", "WEBHOOK_PORT=<port>")
    from orchestration.webhooks.queue import Queue
    from orchestration.webhooks.receiver import PATH, WebhookServer

    queue = Queue(paths_of(shop, options.data).webhooks)
    with (
        _progress("orchestration.webhooks"),
        WebhookServer(queue, secret, options.host, options.port) as server,
    ):
        print(f"Webhooks: http://{options.host}:{server.server_port}{PATH}; stop with Ctrl-C.", flush=True)
        server.serve_forever()


def _backfill(options: argparse.Namespace) -> None:
    shop = load_shop(options.shop)
    paths = paths_of(shop, options.data)
    from orchestration.defs.sources import backfill_window, run_load
    from orchestration.lock import shop_lock

    configured, window = backfill_window(shop, options.source, options.start, options.end)
    started_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    run_id = f"backfill-{started_at:%Y%m%dT%H%M%SZ}"
    with _progress(), shop_lock(paths.lock, run_id):
        load = run_load(configured, paths, run_id, started_at, window)
    if load.problem is not None:
        raise UserError(load.problem, exit_code=1)
    print(f"The next run uses them: make run SHOP={options.shop}")


def _doctor(options: argparse.Namespace) -> None:
    shop = load_shop(options.shop)
    paths = paths_of(shop, options.data)
    from orchestration.sources.doctor import examine, table
    from orchestration.sources.registry import configured_sources

    now = datetime.now(UTC).replace(tzinfo=None)
    rows = [
        (configured.source.title, finding)
        for configured in configured_sources(shop)
        for finding in examine(configured, paths.warehouse, now)
    ]
    if not rows:
        print(f"{options.shop}: no connected system; name one under 'sources' in shop.yml")
        return
    print("\n".join(table(rows)))
    if not all(finding.ok for _, finding in rows):
        raise UserError("not everything is well: see the last column", exit_code=1)


def _sync(options: argparse.Namespace) -> None:
    shop = load_shop(options.shop)
    paths = paths_of(shop, options.data)
    from orchestration.destinations.sync import sync_shop
    from orchestration.lock import shop_lock

    allowed = [key for given in options.allow for key in given.replace(",", " ").split()]
    run_id = f"sync-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    with _progress("orchestration"), shop_lock(paths.lock, run_id, options.wait):
        reports = sync_shop(shop, paths, run_id, dry_run=options.dry_run, allowed=allowed)
    for report in reports:
        print("\n".join(report.lines()))
    unwell = [report.destination for report in reports if not report.is_well]
    if unwell:
        raise UserError(f"{', '.join(unwell)}: not everything was sent; see above", exit_code=1)


def _erase(options: argparse.Namespace) -> None:
    shop = load_shop(options.shop)
    paths = paths_of(shop, options.data)
    from orchestration.privacy.command import run_erase

    with _progress("orchestration.privacy"):
        run_erase(shop, paths, options.email, wait_seconds=options.wait, is_dry=options.dry_run, is_agreed=options.yes)


def _export_person(options: argparse.Namespace) -> None:
    shop = load_shop(options.shop)
    paths = paths_of(shop, options.data)
    from orchestration.privacy.command import run_export

    run_export(shop, paths, options.email, options.to, wait_seconds=options.wait)


def _pdf(options: argparse.Namespace) -> None:
    shop = load_shop(options.shop)
    paths = paths_of(shop, options.data)
    if not (paths.site / "index.html").is_file():
        raise UserError(f"{_relative(paths.site)}: no report yet; make it with 'make run SHOP={options.shop}'")
    from orchestration.publish.pdf import print_page

    target = paths.root / f"scorecard-{options.language}.pdf"
    print_page(paths.site, target, options.language)
    print(f"Scorecard: {_relative(target)}")


def _up(options: argparse.Namespace) -> None:
    shop = load_shop(options.shop)
    paths = paths_of(shop, options.data)
    check_port(options.dagster_port, "Dagster", "DAGSTER_PORT=<port>")
    check_port(options.report_port, "the report", "REPORT_PORT=<port>")
    if not (paths.site / "index.html").is_file():
        raise UserError(f"{_relative(paths.site)}: no report yet; make it with 'make run SHOP={options.shop}'")
    from orchestration.publish.docs import write_dbt_docs
    from orchestration.publish.serve import serve
    from orchestration.run import prepare_dagster_home

    write_dbt_docs(paths.dbt_target, paths.root / "dbt_docs")
    prepare_dagster_home(paths)
    environment = {
        **os.environ,
        "SECOND_ORDER_SHOP": str(shop.folder),
        "SECOND_ORDER_DATA": str(paths.root.parent.resolve()),
    }
    programs = Path(sys.executable).parent
    module = ["-m", "orchestration.definitions"]
    web = [str(programs / "dagster-webserver"), "-h", "127.0.0.1", "-p", str(options.dagster_port), *module]
    daemon = [str(programs / "dagster-daemon"), "run", *module]
    with (paths.logs / "dagster.log").open("a", encoding="utf-8") as log:
        children = [
            subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log)
            for command in (web, daemon)
        ]
        try:
            print(f"Report:  http://127.0.0.1:{options.report_port}")
            print("Dagster is starting; stop both with Ctrl-C.", flush=True)
            threading.Thread(target=_tell_when_ready, args=(options.dagster_port, children), daemon=True).start()
            serve(paths.site, options.report_port)
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait()


def _tell_when_ready(port: int, children: Sequence[subprocess.Popen[bytes]]) -> None:
    """Say so once Dagster's pages can be opened, or that they can't be."""
    while all(child.poll() is None for child in children):
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(_POLL_SECONDS)
            continue
        print(f"Dagster: http://127.0.0.1:{port}", flush=True)
        return
    print("Dagster didn't start; its log is dagster.log in the shop's logs folder", file=sys.stderr, flush=True)
