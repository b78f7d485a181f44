"""Messages the demo brand sent and what came of them, by people and by machines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from orchestration.demo import catalogue, clock, programme
from orchestration.demo.columns import NEVER, NONE, Bools, Columns, Ints, group_starts, timeline_key
from orchestration.demo.customers import OWN_STORE, Customers, is_assigned
from orchestration.demo.orders import (
    EXCHANGE,
    FLOW,
    PROCESS,
    TEST,
    Orders,
    Programme,
    group_starts_by_person,
    is_valid,
)

EVENT_TYPES = ("sent", "delivered", "bounced", "opened", "clicked", "unsubscribed", "complained")
SENT, DELIVERED, BOUNCED, OPENED, CLICKED, UNSUBSCRIBED, COMPLAINED = range(7)
LOOK_BACK_SECONDS = 432_000  # a click is credited with an order at most five days later


@dataclass(frozen=True)
class MessageRow:
    """One message that can be sent: of a flow or of a campaign."""

    message_id: str
    name: str
    channel: str
    purpose: str
    links: tuple[str, ...]
    click_share: float
    open_factor: float
    flow: int = NONE
    campaign: int = NONE
    offset_seconds: int = 0


@cache
def message_rows() -> tuple[MessageRow, ...]:
    """All messages: the flows' in order, then the campaigns'."""
    of_flows = [
        MessageRow(
            message.message_id,
            message.name,
            message.channel,
            flow.purpose,
            message.links,
            flow.click_share,
            1.35 if flow.purpose == "transactional" else 1.0,
            flow=index,
            offset_seconds=message.offset_hours * clock.HOUR,
        )
        for index, flow in enumerate(programme.FLOWS)
        for message in flow.messages
    ]
    of_campaigns = [
        MessageRow(
            f"{campaign.campaign_id}-mail",
            campaign.name,
            "email",
            campaign.purpose,
            campaign.links,
            0.06 if campaign.purpose == "promotion" else 0.035,
            0.72,
            campaign=index,
        )
        for index, campaign in enumerate(programme.campaigns())
    ]
    return tuple(of_flows + of_campaigns)


def _message_of(flow: programme.Flow, position: int) -> int:
    """Index of a flow's message in `message_rows`."""
    return sum(len(earlier.messages) for earlier in programme.FLOWS[: programme.FLOWS.index(flow)]) + position


@dataclass
class Sends(Columns):
    """One row a message sent to one person."""

    person: Ints
    message: Ints
    instant: Ints
    click_at: Ints  # a click that certainly happens, NEVER if left to chance


@dataclass
class Events(Columns):
    """One row a message event."""

    person: Ints
    message: Ints
    instant: Ints
    event_type: Ints
    link: Ints  # position in the message's links, or NONE
    flag: Ints  # what the tool says: 1 machine, 0 not, NONE nothing
    is_machine: Bools  # the truth


def consent_instants(customers: Customers, orders: Orders) -> Ints:
    """When each person gave an address: with the first order, or on the day a lead signed up."""
    consent = customers.start_day * clock.DAY + 15 * clock.HOUR
    rows = np.flatnonzero(orders.kind == PROCESS)
    rows = rows[group_starts_by_person(orders.take(rows))]
    consent[orders.person[rows]] = orders.instant[rows]
    return consent


def draw_sends(rng: np.random.Generator, customers: Customers, orders: Orders, plan: Programme) -> Sends:
    """Everything sent, in (person, time) order; a holdout never gets its flow's messages."""
    marketing = Sends.stack([*_first_flow_sends(customers, plan), *_later_flow_sends(rng, customers, orders, plan)])
    marketing = Sends.stack([marketing, *_campaign_sends(rng, customers, orders)])
    leaves = customers.unsubscribed_at[marketing.person]
    marketing = marketing.take((leaves == NEVER) | (marketing.instant < leaves) | (marketing.click_at != NEVER))
    sends = Sends.stack([*_service_sends(customers, orders), marketing])
    sends = sends.take(
        (sends.instant < clock.exported_instant()) & (sends.instant > NEVER) & customers.is_in_export[sends.person]
    )
    sends = sends.take(np.lexsort((sends.message, sends.instant, sends.person)))
    # A dead address bounces once and is never written to again.
    is_first = group_starts(sends.person)
    return sends.take(is_first | ~customers.is_bad_address[sends.person])


def _sends(person: Ints, message: int, instant: Ints) -> Sends:
    """Sends of one message."""
    return Sends(person, np.full(len(person), message), instant, np.full(len(person), NEVER))


def _service_sends(customers: Customers, orders: Orders) -> list[Sends]:
    """Order confirmations and shipping news: to everyone with an own-store order, whatever the consent."""
    own = (orders.channel == OWN_STORE) & (orders.person != NONE) & ~np.isin(orders.kind, (TEST, EXCHANGE))
    confirmed = orders.take(own)
    shipped = orders.take(own & (orders.shipped_at > 0))
    texted = shipped.take(customers.takes_sms[shipped.person] & (shipped.delivered_at > 0))
    arriving = np.maximum(texted.delivered_at - 4 * clock.HOUR, texted.shipped_at + clock.HOUR)
    return [
        _sends(confirmed.person, _message_of(programme.ORDER_CONFIRMATION, 0), confirmed.instant + 45),
        _sends(shipped.person, _message_of(programme.SHIPPING_UPDATE, 0), shipped.shipped_at + 60),
        _sends(texted.person, _message_of(programme.SHIPPING_UPDATE, 1), arriving),
    ]


def _first_flow_sends(customers: Customers, plan: Programme) -> list[Sends]:
    """The messages of each flow's first trigger, with the clicks that led to an order."""
    parts = []
    for index, flow in enumerate(programme.FLOWS):
        treated = (plan.triggered_at[index] > 0) & ~plan.held_out[index]
        for position, message in enumerate(flow.messages):
            gets = treated & customers.takes_sms if message.channel == "sms" else treated
            person = np.flatnonzero(gets)
            part = _sends(
                person,
                _message_of(flow, position),
                plan.triggered_at[index][person] + message.offset_hours * clock.HOUR,
            )
            caused = plan.caused_message[index][person] == position
            part.click_at = np.where(caused, plan.caused_click_at[index][person], NEVER)
            parts.append(part)
    return parts


def _later_flow_sends(rng: np.random.Generator, customers: Customers, orders: Orders, plan: Programme) -> list[Sends]:
    """Flows that run again after later orders: reorder reminders, review requests, points."""
    real = orders.take(is_valid(orders) & (orders.person != NONE))
    real = real.take(np.argsort(timeline_key(real.person, real.instant), kind="stable"))
    following = np.append(real.instant[1:], clock.exported_instant())
    following[np.append(group_starts(real.person)[1:], True)] = clock.exported_instant()
    again = ~group_starts(real.person) & is_assigned(customers)[real.person] & np.isin(real.kind, (PROCESS, FLOW))
    supply = catalogue.variants().supply_days[real.main_variant] * 9 // 10 * clock.DAY
    review_wait = programme.REVIEW_REQUEST.messages[0].offset_hours * clock.HOUR
    points_wait = programme.POINTS_AND_TIERS.messages[0].offset_hours * clock.HOUR
    is_asked = rng.random(len(real)) < 0.8
    runs = (
        (
            programme.REPLENISHMENT,
            again & (supply > 0) & (following > real.instant + supply),
            real.instant + supply,
        ),
        (
            programme.REVIEW_REQUEST,
            again & (real.delivered_at > 0) & is_asked,
            real.delivered_at + review_wait,
        ),
        (programme.POINTS_AND_TIERS, again & customers.is_member[real.person], real.instant + points_wait),
    )
    parts = []
    for flow, happens, instant in runs:
        treated = ~plan.held_out[programme.FLOWS.index(flow)][real.person]
        row = np.flatnonzero(happens & treated)
        parts.append(_sends(real.person[row], _message_of(flow, 0), instant[row]))
    return parts


def _campaign_sends(rng: np.random.Generator, customers: Customers, orders: Orders) -> list[Sends]:
    """Each campaign to its share of the list of that morning."""
    listed_at = consent_instants(customers, orders) + clock.DAY
    listed = customers.subscribes & ~customers.is_bad_address
    first = len(message_rows()) - len(programme.campaigns())
    parts = []
    for index, campaign in enumerate(programme.campaigns()):
        local = np.array([clock.day_number(campaign.day) * clock.DAY + campaign.hour * clock.HOUR])
        start = int(clock.to_instant(local)[0])
        gets = listed & (listed_at < start) & (rng.random(len(customers)) < campaign.share)
        person = np.flatnonzero(gets)
        parts.append(_sends(person, first + index, start + rng.integers(0, 900, len(person))))
    return parts


def plant_clicks_before_orders(
    rng: np.random.Generator, customers: Customers, orders: Orders, sends: Sends, share: float
) -> None:
    """Let a share of repeat orders follow a click on a marketing e-mail of the four days before."""
    rows = message_rows()
    is_marketing_mail = np.array([row.channel == "email" and row.purpose != "transactional" for row in rows])
    mails = np.flatnonzero(is_marketing_mail[sends.message] & ~customers.is_bad_address[sends.person])
    keys = timeline_key(sends.person[mails], sends.instant[mails])
    first = group_starts_by_person(orders)
    wanted = ~first & (orders.kind == PROCESS) & (orders.channel == OWN_STORE) & (rng.random(len(orders)) < share)
    row = np.flatnonzero(wanted)
    found = np.searchsorted(keys, timeline_key(orders.person[row], orders.instant[row] - 900)) - 1
    send = mails[np.maximum(found, 0)]
    near = (
        (found >= 0)
        & (sends.person[send] == orders.person[row])
        & (orders.instant[row] - sends.instant[send] < 4 * clock.DAY)
        & (sends.click_at[send] == NEVER)
    )
    row, send = row[near], send[near]
    wait = np.minimum(rng.exponential(2 * clock.HOUR, len(row)) + 180, orders.instant[row] - sends.instant[send] - 300)
    sends.click_at[send] = orders.instant[row] - wait.astype(np.int64)


def draw_events(rng: np.random.Generator, customers: Customers, sends: Sends) -> Events:
    """All events of all sends up to the export, in time order."""
    rows = message_rows()
    n = len(sends)
    person, message = sends.person, sends.message
    is_mail = np.array([row.channel == "email" for row in rows])[message]
    links = np.array([len(row.links) for row in rows])[message]
    certain = sends.click_at != NEVER
    bounced = customers.is_bad_address[person] | (is_mail & ~certain & (rng.random(n) < 0.004))
    delivered_at = sends.instant + rng.integers(1, 26, n)
    arrived = ~bounced
    parts = [
        _events(sends, np.ones(n, dtype=np.bool_), sends.instant, SENT),
        _events(sends, bounced, delivered_at, BOUNCED),
        _events(sends, arrived, delivered_at, DELIVERED),
    ]

    engagement = customers.engagement[person]
    factor = np.array([row.open_factor for row in rows])[message]
    opens = arrived & is_mail & (certain | (rng.random(n) < engagement * factor))
    wait = 30 + np.minimum(rng.lognormal(np.log(2.2 * clock.HOUR), 1.5, n), 20 * clock.DAY).astype(np.int64)
    opened_at = np.where(certain, np.minimum(delivered_at + wait, sends.click_at - 5), delivered_at + wait)
    click_share = np.array([row.click_share for row in rows])[message]
    reads = np.where(is_mail, opens, arrived)
    clicks = reads & (certain | (rng.random(n) < click_share * (0.4 + 1.5 * engagement)))
    natural = np.where(is_mail, opened_at, delivered_at + wait) + 4 + rng.exponential(45, n).astype(np.int64)
    clicked_at = np.where(certain, sends.click_at, natural)
    # A very quick reader: one click within ten seconds of delivery is a person's; a machine takes two links.
    quick = clicks & is_mail & ~certain & (rng.random(n) < 0.02) & ~customers.has_link_scanner[person]
    opened_at = np.where(quick, delivered_at + 3, opened_at)
    clicked_at = np.where(quick, delivered_at + 5, clicked_at)
    link = rng.integers(0, links)
    parts += [
        _events(sends, opens, opened_at, OPENED, flag=0),
        _events(
            sends,
            opens & (rng.random(n) < 0.14),
            opened_at + rng.integers(3600, 3 * clock.DAY, n),
            OPENED,
            flag=0,
        ),
        _events(sends, clicks, clicked_at, CLICKED, link, flag=0),
        _events(
            sends,
            clicks & (links > 1) & ~quick & (rng.random(n) < 0.18),
            clicked_at + rng.integers(6, 90, n),
            CLICKED,
            (link + 1) % links,
            flag=0,
        ),
    ]
    parts += _machine_events(rng, customers, sends, arrived & is_mail, delivered_at, links)
    parts.append(_leavings(customers, sends))
    events = Events.stack(parts)
    events = events.take(events.instant < clock.exported_instant())
    return events.take(np.lexsort((events.link, events.event_type, events.message, events.person, events.instant)))


def _events(
    sends: Sends,
    chosen: Bools,
    instant: Ints,
    event_type: int,
    link: Ints | None = None,
    flag: int | Ints = NONE,
    is_machine: bool = False,
) -> Events:
    """Events of the chosen sends."""
    n = int(chosen.sum())
    return Events(
        person=sends.person[chosen],
        message=sends.message[chosen],
        instant=instant[chosen],
        event_type=np.full(n, event_type),
        link=np.full(n, NONE) if link is None else link[chosen],
        flag=np.full(n, flag) if isinstance(flag, int) else flag[chosen],
        is_machine=np.full(n, is_machine),
    )


def _machine_events(
    rng: np.random.Generator, customers: Customers, sends: Sends, mail: Bools, delivered_at: Ints, links: Ints
) -> list[Events]:
    """Opens of mail proxies and clicks of link scanners: some flagged, some seen only by their timing."""
    n = len(sends)
    by_proxy = mail & customers.has_mail_proxy[sends.person] & (rng.random(n) < 0.7)
    flagged = rng.random(n) < 0.45
    # Flagged opens come at any time; the others within a second of delivery.
    at = delivered_at + np.where(flagged, rng.integers(2, 1800, n), rng.integers(0, 2, n))
    parts = [_events(sends, by_proxy, at, OPENED, flag=flagged.astype(np.int64), is_machine=True)]
    scanned = mail & customers.has_link_scanner[sends.person] & (rng.random(n) < 0.9)
    tool_knows = rng.random(n) < 0.45
    follows_all = ~tool_knows | (rng.random(n) < 0.7)
    for position in range(3):
        chosen = scanned & (links > position) & (follows_all | (position == 0))
        at = delivered_at + 2 + position * 3 + rng.integers(0, 2, n)
        link = np.full(n, position)
        parts.append(_events(sends, chosen, at, CLICKED, link, flag=tool_knows.astype(np.int64), is_machine=True))
    return parts


def _leavings(customers: Customers, sends: Sends) -> Events:
    """One unsubscribe or complaint for each person who leaves, on the last marketing message before it."""
    rows = message_rows()
    is_marketing = np.array([row.purpose != "transactional" for row in rows])[sends.message]
    leaves = customers.unsubscribed_at[sends.person]
    before = np.flatnonzero(is_marketing & (leaves != NEVER) & (sends.instant + 60 < leaves))
    last = before[np.append(group_starts(sends.person[before])[1:], True)] if len(before) else before
    chosen = np.zeros(len(sends), dtype=np.bool_)
    chosen[last] = True
    result = _events(sends, chosen, leaves, UNSUBSCRIBED)
    result.event_type = np.where(customers.complains[result.person], COMPLAINED, UNSUBSCRIBED)
    return result


def credited_orders(orders: Orders, events: Events) -> Bools:
    """Valid orders that follow a human click of the person within the look-back."""
    now = clock.as_of_instant()
    human = events.take((events.event_type == CLICKED) & ~events.is_machine & (events.instant <= now))
    keys = np.sort(timeline_key(human.person, human.instant))
    eligible = is_valid(orders) & (orders.instant <= now) & (orders.person != NONE)
    if len(keys) == 0:
        return np.zeros(len(orders), dtype=np.bool_)
    order_keys = timeline_key(orders.person, orders.instant)
    found = np.searchsorted(keys, order_keys, side="right") - 1
    gap = order_keys - keys[np.maximum(found, 0)]  # the same person: both keys share the group's part
    return np.asarray(eligible & (found >= 0) & (gap <= LOOK_BACK_SECONDS))
