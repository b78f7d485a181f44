"""Bring each configured destination up to what is published, and note how each row of the plan ended."""

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa

from orchestration.destinations.batches import batches, no_problems, problems
from orchestration.destinations.breaker import allow, remember_sizes, stopped_audiences
from orchestration.destinations.consent import read_consent
from orchestration.destinations.destination import Client, ContainerGoneError
from orchestration.destinations.plan import Counts, make_plan, read_audiences
from orchestration.destinations.published import (
    RULES,
    Published,
    read_published,
    require_fresh,
    require_newest,
    sizes_of_versions,
)
from orchestration.destinations.registry import Configured, configured_destinations
from orchestration.destinations.state import SyncState, copy_results, state_file
from orchestration.errors import UserError
from orchestration.shop import Shop, ShopPaths
from orchestration.sources.http import ApiError, Clock, SystemClock
from orchestration.sql import quoted

logger = logging.getLogger(__name__)

# What a request may be refused for that another part of the same people isn't.
_OF_THE_PEOPLE: Final = (400, 404, 409, 413, 422)
_NO_EMAIL: Final = r"regexp_replace({}, '[^\s\"<>(),;:]+@[^\s\"<>(),;:]+', '[e-mail]', 'g')"


@dataclass(frozen=True)
class SyncReport:
    """How one destination's sync ended.

    Attributes:
        is_dry: whether only the plan was made; `is_first`: because the destination had never been run.
        plan: counts by audience; `stopped`: audiences left as they are, each with its line.
        results: rows by result: sent, unchanged, rejected, skipped. Empty of a dry run.
        failed_removals: people who should have left an audience and are still in it.
        problem: what ended it early.
    """

    destination: str
    version: str
    is_dry: bool
    is_first: bool
    plan: dict[str, Counts]
    stopped: dict[str, str]
    results: dict[str, int] = field(default_factory=dict)
    failed_removals: int = 0
    problem: str | None = None

    @property
    def is_well(self) -> bool:
        """Whether nobody needs to look."""
        return self.problem is None and not self.stopped and not self.failed_removals

    def lines(self) -> list[str]:
        """The plan and how it ended, for people."""
        head = ("audience", "add", "update", "remove", "unchanged", "skipped", "rejected")
        table = [head] + [
            (key, *(f"{count:,}" for count in (of.add, of.update, of.remove, of.keep, of.skipped, of.rejected)))
            for key, of in self.plan.items()
        ]
        widths = [max(len(row[column]) for row in table) for column in range(len(head))]
        lines = [f"{self.destination}: plan for version {self.version}"]
        lines += ["  ".join(["", row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in table]
        lines += [f"  {line}" for line in self.stopped.values()]
        if self.is_first:
            lines.append("  the first run of a destination is a dry run: nothing was sent; run it again to send")
        elif self.is_dry:
            lines.append("  dry run: nothing was sent")
        else:
            lines.append("  " + ", ".join(f"{self.results.get(name, 0):,} {name}" for name in _RESULTS))
        if self.failed_removals:
            lines.append(
                f"  {self.failed_removals:,} people are still in audiences they left; the next run tries again"
            )
        if self.problem is not None:
            lines.append(f"  stopped: {self.problem}")
        return lines


_RESULTS: Final = ("sent", "unchanged", "rejected", "skipped")


def sync_shop(
    shop: Shop,
    paths: ShopPaths,
    run_id: str,
    *,
    dry_run: bool = False,
    allowed: Collection[str] = (),
    clock: Clock | None = None,
    rules: Path | None = None,
) -> list[SyncReport]:
    """Sync all configured destinations, one after the other. To be called by who holds the shop's lock.

    Args:
        dry_run: make and show the plan, ask no destination anything.
        allowed: audiences that their size doesn't stop.
        rules: which audiences there are; the project's own by default.

    Raises:
        UserError: nothing may be sent now, for the reason it gives, or a setting is wrong. An outage of one destination
            isn't raised: its report tells it.
    """
    clock = clock or SystemClock()
    destinations = configured_destinations(shop)
    if not destinations:
        raise UserError(
            f"{shop.folder / 'shop.yml'}: no destination; name one under 'destinations' such as klaviyo: {{}}"
        )
    published = read_published(paths, rules or RULES)
    for key in published.unknown:
        logger.warning("%s is published but not in the rules of audiences: it is never sent", key)
    if not paths.warehouse.exists():
        raise UserError("nothing is sent: without the warehouse consent can't be read; run the shop first", exit_code=1)
    reports = []
    with SyncState.open(state_file(paths)) as state:
        known = sorted({*published.audiences, *state.audiences()})
        unknown = sorted(set(allowed) - set(known))
        if unknown:
            there_are = ", ".join(known) or "none"
            raise UserError(f"ALLOW={unknown[0]}: no such audience is published to be sent; there are {there_are}")
        for configured in destinations:
            sync = _Sync(state, configured, published, run_id, clock)
            reports.append(sync.run(paths, dry_run, allowed))
        copy_results(state, paths.warehouse)
    return reports


@dataclass
class _Sync:
    """One destination's run. Its plan is the temporary table `plan` of the state's connection."""

    state: SyncState
    configured: Configured
    published: Published
    run_id: str
    clock: Clock

    def run(self, paths: ShopPaths, dry_run: bool, allowed: Collection[str]) -> SyncReport:
        """Plan, and carry the plan out unless the run is a dry one."""
        name, settings, version = self.configured.name, self.configured.settings, self.published.version
        connection = self.state.connection
        is_first = not self.state.was_run(name)
        is_dry = dry_run or is_first
        now = self._now()
        listed = settings.audiences
        audiences = [one for key, one in sorted(self.published.audiences.items()) if listed is None or key in listed]
        missing = sorted(set(listed or ()) - set(self.published.audiences))
        if missing:
            raise UserError(
                f"{self.configured.shop.folder / 'shop.yml'}: destinations.{name}.audiences: {missing[0]} isn't "
                "published to be sent"
            )
        with self._warehouse(paths.warehouse):
            require_newest(connection, self.published)
            require_fresh(connection, self.published, now, settings.max_age_hours, f"destinations.{name}.max_age_hours")
            read_consent(connection)
        self.state.begin_run(self.run_id, name, now, version, is_dry)
        read_audiences(connection, audiences, settings.property_prefix)
        remember_sizes(connection, name, sizes_of_versions(paths))
        stopped = stopped_audiences(connection, name, version, settings, allowed)
        plan = make_plan(connection, name, stopped, now, settings.recheck_days)
        results: dict[str, int] = {}
        problem, failed_removals = None, 0
        if not is_dry:
            allow(connection, name, version, allowed)
            problem = self._carry_out()
            results, failed_removals = self._note_results(problem)
        self.state.end_run(self.run_id, name, self._now(), problem)
        return SyncReport(
            name, version, is_dry, is_first and not dry_run, plan, stopped, results, failed_removals, problem
        )

    def _now(self) -> datetime:
        return self.clock.now().astimezone(UTC).replace(tzinfo=None, microsecond=0)

    @contextmanager
    def _warehouse(self, file: Path) -> Iterator[None]:
        # The catalogue's name is part of the views' own text.
        self.state.connection.execute(f"attach {quoted(file)} as warehouse (read_only)")
        try:
            yield
        finally:
            self.state.connection.execute("detach warehouse")

    def _carry_out(self) -> str | None:
        """Send what the plan says. Returns what ended it early, None if nothing did."""
        if not self._count("result is null"):
            self._intend()
            return None
        client: Client | None = None
        try:
            client = self.configured.connect(self.clock)
            self._ask(client)
            self._intend()
            self._remove(client)
            self._write(client)
            self._add(client)
        except UserError as error:
            return error.message
        finally:
            if client is not None:
                client.close()
        return None

    def _ask(self, client: Client) -> None:
        """Read the destination's own consent of everybody something new would be sent to, and missing ids."""
        connection = self.state.connection
        people = self._arrow(
            """
            select distinct plan.email from plan
            left join profiles on profiles.email = plan.email and profiles.destination = $destination
            where plan.result is null
                and (plan.action in ('add', 'update') or ($needs_ids and profiles.vendor_id is null))
            order by all
            """,
            needs_ids=client.needs_ids,
        )
        if not people.num_rows:
            return
        self._learn(people, client.look_up(people))
        connection.execute(
            "update plan set result = 'skipped', reason = found.blocked, is_lasting = true from found "
            "where plan.email = found.email and found.blocked is not null and plan.result is null "
            "and plan.action in ('add', 'update')"
        )

    def _learn(self, asked: pa.Table, found: pa.Table) -> None:
        """Keep what was looked up: as `found`, and ids for later runs; who isn't known has none any more."""
        connection = self.state.connection
        connection.register("looked_up", found)
        connection.register("asked", asked)
        connection.execute("create or replace temp table found as select distinct on (email) * from looked_up")
        connection.execute(
            "delete from profiles where destination = ? and email in (select email from asked)", [self.configured.name]
        )
        connection.unregister("looked_up")
        connection.unregister("asked")
        connection.execute("insert into profiles select ?, email, vendor_id from found", [self.configured.name])

    def _intend(self) -> None:
        """Note in one step, before anything is sent, what may be there from now on, and every row of the plan."""
        connection = self.state.connection
        name = self.configured.name
        connection.execute("begin")
        connection.execute(
            """
            create or replace temp table intended as
            select
                plan.audience, plan.email, plan.person_id, plan.action, plan.cleared, plan.property_names
            from plan where plan.result is null and plan.action in ('add', 'update')
            """
        )
        connection.execute(
            """
            update memberships set
                status = case when intended.action = 'add' then 'unsure' else memberships.status end,
                property_names = list_concat(intended.property_names, intended.cleared),
                property_hash = null,
                person_id = intended.person_id
            from intended
            where memberships.destination = ? and memberships.audience = intended.audience
                and memberships.email = intended.email
            """,
            [name],
        )
        connection.execute(
            """
            insert into memberships
            select ?, audience, email, person_id, 'unsure', property_names, null, null, null, null, null
            from intended
            where (audience, email) not in (select (audience, email) from memberships where destination = ?)
            """,
            [name, name],
        )
        # Whom the destination only refused and who isn't wanted any more.
        connection.execute(
            "delete from memberships where destination = ? and status = 'absent' and len(property_names) = 0 "
            "and (audience, email) not in (select (audience, email) from wanted where verdict is null)",
            [name],
        )
        connection.execute(
            "insert into results select ?, ?, audience, person_id, action, result, reason, ? from plan",
            [self.run_id, name, self._now()],
        )
        connection.execute("commit")

    def _remove(self, client: Client) -> None:
        """Take people out of the audiences they left."""
        for audience, container in self._containers("action = 'remove'"):
            people = self._people(audience, "action = 'remove' and not is_removed")
            if container is None:
                self._removed(audience, people)
                continue
            known = self._known(client, audience, people, "not known there any more")
            for batch in batches(known, client.member_rows):
                try:
                    found = self._call(client.remove, container, batch)
                except ContainerGoneError:
                    found = no_problems()
                self._refuse(found, f"audience = '{audience}' and action = 'remove'", is_lasting=False)
                self._removed(audience, batch)

    def _removed(self, audience: str, people: pa.Table) -> None:
        """Note who isn't in the audience any more, except those the destination has just refused."""
        self._within(people, [
            f"update plan set is_removed = true, result = case when len(cleared) = 0 then 'sent' end from batch "
            f"where plan.email = batch.email and plan.audience = '{audience}' and plan.action = 'remove' "
            "and plan.result is null",
            f"update memberships set status = 'absent', property_hash = null from plan where {_SAME} "
            f"and plan.is_removed and plan.audience = '{audience}' and plan.action = 'remove' "
            "and plan.email in (select email from batch)",
        ])  # fmt: skip

    def _write(self, client: Client) -> None:
        """Send values that changed and clear those that are gone, one row a person."""
        people = self._arrow(
            """
            select
                plan.email,
                any_value(profiles.vendor_id) as vendor_id,
                coalesce(
                    string_agg(plan.properties, ',' order by plan.audience) filter (where plan.properties <> ''), ''
                ) as properties,
                flatten(list(plan.cleared order by plan.audience)) as cleared
            from plan
            left join profiles on profiles.email = plan.email and profiles.destination = $destination
            where plan.result is null
                and (plan.action in ('add', 'update') or (plan.is_removed and len(plan.cleared) > 0))
            group by plan.email
            order by plan.email
            """
        )
        for batch in batches(people, client.write_rows):
            found = self._call(client.write, None, batch)
            self._refuse(found, "(action in ('add', 'update') or is_removed)", is_lasting=True)
            self._within(batch, [
                "update plan set is_written = true, result = case when action <> 'add' then 'sent' end from batch "
                "where plan.email = batch.email and plan.result is null "
                "and (plan.action <> 'remove' or plan.is_removed)",
                f"update memberships set property_names = plan.property_names, property_hash = plan.property_hash, "
                f"refused_hash = null from plan where {_SAME} and plan.is_written and plan.action = 'update' "
                "and plan.email in (select email from batch)",
                f"update memberships set property_names = plan.property_names from plan where {_SAME} "
                "and plan.is_written and plan.action = 'add' and plan.email in (select email from batch)",
                f"update memberships set property_names = [] from plan where {_SAME} and plan.is_written "
                "and plan.action = 'remove' and plan.email in (select email from batch)",
            ])  # fmt: skip

    def _add(self, client: Client) -> None:
        """Put people into the audiences they entered."""
        if client.needs_ids:
            unknown = self._arrow(
                """
                select distinct plan.email from plan
                left join profiles on profiles.email = plan.email and profiles.destination = $destination
                where plan.result is null and plan.is_written and plan.action = 'add' and profiles.vendor_id is null
                order by all
                """
            )
            if unknown.num_rows:
                self._learn(unknown, client.look_up(unknown))
        for audience, container in self._containers("action = 'add' and is_written"):
            if container is None:
                container = client.container(audience)
                self.state.connection.execute(
                    "insert into containers values (?, ?, ?)", [self.configured.name, audience, container]
                )
            people = self._people(audience, "action = 'add' and is_written")
            known = self._known(client, audience, people, None)
            for batch in batches(known, client.member_rows):
                try:
                    found = self._call(client.add, container, batch)
                except ContainerGoneError as gone:
                    self._lose_container(audience)
                    self._refuse(
                        problems(known["email"].to_pylist(), gone.message), f"audience = '{audience}'", is_lasting=False
                    )
                    break
                self._refuse(found, f"audience = '{audience}' and action = 'add'", is_lasting=True)
                self._within(batch, [
                    f"update plan set result = 'sent' from batch where plan.email = batch.email "
                    f"and plan.audience = '{audience}' and plan.action = 'add' and plan.result is null",
                    f"update memberships set status = 'held', property_hash = plan.property_hash, refused_hash = null "
                    f"from plan where {_SAME} and plan.audience = '{audience}' and plan.action = 'add' "
                    "and plan.result = 'sent' and plan.email in (select email from batch)",
                ])  # fmt: skip

    def _known(self, client: Client, audience: str, people: pa.Table, otherwise: str | None) -> pa.Table:
        """Those of the people whom the destination knows; the others are out of the audience, or refused for now.

        Args:
            otherwise: what it means of people who are to leave; None for those who enter.
        """
        if not client.needs_ids:
            return people
        has_id = pa.compute.is_valid(people["vendor_id"])
        strangers = people.filter(pa.compute.invert(has_id))
        if strangers.num_rows and otherwise is not None:
            self._removed(audience, strangers)
        elif strangers.num_rows:
            reason = f"{self.configured.destination.title} doesn't show this profile yet; the next run tries again"
            self._refuse(
                problems(strangers["email"].to_pylist(), reason), f"audience = '{audience}' and action = 'add'",
                is_lasting=False,
            )  # fmt: skip
        return people.filter(has_id)

    def _call(self, what: Callable[..., pa.Table], container: str | None, people: pa.Table) -> pa.Table:
        """One call; a part that is refused is halved until what is wrong stands alone."""
        try:
            return what(people) if container is None else what(container, people)
        except ApiError as error:
            if error.status not in _OF_THE_PEOPLE:
                raise
            if people.num_rows == 1:
                return problems(people["email"].to_pylist(), error.message)
        half = people.num_rows // 2
        return pa.concat_tables(
            [self._call(what, container, people.slice(0, half)), self._call(what, container, people.slice(half))]
        )

    def _refuse(self, found: pa.Table, rows: str, is_lasting: bool) -> None:
        """Note who was refused and why.

        Args:
            rows: SQL for the plan's rows that it concerns.
            is_lasting: whether the same values are only tried again after a while.
        """
        if not found.num_rows:
            return
        connection = self.state.connection
        connection.register("refused", found)
        connection.execute(
            f"update plan set result = 'rejected', reason = {_NO_EMAIL.format('refused.problem')}, is_lasting = ? "
            f"from refused where plan.email = refused.email and plan.result is null and {rows}",
            [is_lasting],
        )
        connection.unregister("refused")

    def _lose_container(self, audience: str) -> None:
        """The destination's list is gone, and with it all who were in it."""
        for statement in (
            "delete from containers where destination = ? and audience = ?",
            "update memberships set status = 'unsure' where destination = ? and audience = ? and status = 'held'",
        ):
            self.state.connection.execute(statement, [self.configured.name, audience])

    def _note_results(self, problem: str | None) -> tuple[dict[str, int], int]:
        """Give every row its result, keep lasting refusals, and write the rows in place of what was intended."""
        connection = self.state.connection
        name = self.configured.name
        connection.execute("begin")
        connection.execute(
            f"update plan set result = 'skipped', reason = {_NO_EMAIL.format('$reason')} where result is null",
            {"reason": f"not done: {problem or 'the destination did not take it'}"},
        )
        connection.execute(
            """
            insert into memberships
            select ?, audience, email, person_id, 'absent', [], null, null, null, null, null
            from plan
            where is_lasting and (audience, email) not in (
                select (audience, email) from memberships where destination = ?
            )
            """,
            [name, name],
        )
        connection.execute(
            f"""
            update memberships set
                refused_hash = plan.property_hash, refused_as = plan.result, refused_reason = plan.reason,
                refused_at = $now,
                -- What was never written isn't there, unless it was before.
                status = case
                    when plan.action = 'add' and not plan.is_there and not plan.is_written then 'absent'
                    else memberships.status
                end,
                property_names = case
                    when plan.action = 'add' and not plan.is_there and not plan.is_written then []
                    else memberships.property_names
                end
            from plan where {_SAME} and plan.is_lasting
            """,
            {"destination": name, "now": self._now()},
        )
        connection.execute("delete from results where run_id = ? and destination = ?", [self.run_id, name])
        connection.execute(
            "insert into results select ?, ?, audience, person_id, action, result, reason, ? from plan",
            [self.run_id, name, self._now()],
        )
        connection.execute("delete from memberships where destination = ? and status = 'absent' "
                           "and len(property_names) = 0 and refused_hash is null", [name])  # fmt: skip
        connection.execute("commit")
        results = connection.execute("select result, count(*) from plan group by result").fetchall()
        failed = self._count("action = 'remove' and not is_removed and audience not in (select audience from stopped)")
        return {str(result): int(rows) for result, rows in results}, failed

    def _containers(self, rows: str) -> list[tuple[str, str | None]]:
        found = self.state.connection.execute(
            f"""
            select distinct plan.audience, containers.container from plan
            left join containers on containers.audience = plan.audience and containers.destination = ?
            where plan.result is null and {rows} order by all
            """,
            [self.configured.name],
        ).fetchall()
        return [(str(audience), container) for audience, container in found]

    def _people(self, audience: str, rows: str) -> pa.Table:
        return self._arrow(
            f"""
            select plan.email, profiles.vendor_id from plan
            left join profiles on profiles.email = plan.email and profiles.destination = $destination
            where plan.result is null and plan.audience = $audience and {rows}
            order by plan.email
            """,
            audience=audience,
        )

    def _within(self, batch: pa.Table, statements: list[str]) -> None:
        """Run statements that may read `batch` in one transaction."""
        connection = self.state.connection
        connection.register("batch", batch.select(["email"]))
        connection.execute("begin")
        for statement in statements:
            connection.execute(
                statement, {"destination": self.configured.name} if "$destination" in statement else None
            )
        connection.execute("commit")
        connection.unregister("batch")

    def _arrow(self, sql: str, **parameters: object) -> pa.Table:
        values = {"destination": self.configured.name, **parameters}
        used = {name: value for name, value in values.items() if f"${name}" in sql}
        connection = self.state.connection
        # What an earlier statement left unread would stand in the way.
        connection.complete()
        return connection.sql(sql, params=used).to_arrow_table()

    def _count(self, rows: str) -> int:
        row = self.state.connection.execute(f"select count(*) from plan where {rows}").fetchone()
        return int(row[0]) if row else 0


# A membership and the plan's row about it.
_SAME: Final = (
    "memberships.destination = $destination and memberships.audience = plan.audience and memberships.email = plan.email"
)
