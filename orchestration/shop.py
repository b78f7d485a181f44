"""A shop's folder: `shop.yml` as typed settings, and where everything a run makes lies."""

import csv
import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from orchestration.errors import UserError

REPOSITORY = Path(__file__).resolve().parent.parent

Days = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, lt=1)]


class GateLimits(BaseModel):
    """What gate 1 takes for granted of a delivery; see `orchestration.quality.checks.GateSettings`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    earliest: date = date(1990, 1, 1)
    load_factor: Annotated[float, Field(gt=1)] = 10.0
    earlier_loads: Annotated[int, Field(gt=0)] = 3
    smallest_load: Annotated[int, Field(gt=0)] = 100
    rejected_share: Annotated[float, Field(gt=0, le=1)] = 0.1


class AudienceSettings(BaseModel):
    """Windows of the audiences and the contact policy over them; docs/audiences.md says where each default is from.

    Days are the shop's local calendar days, both ends of a window belong to it; hours are elapsed ones. Shares lie
    between 0 and 1.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    delay_to_days: Days = 30
    onboarding_to_days: Days = 3
    thank_you_after: Literal["delivery", "purchase"] = "delivery"
    thank_you_from_hours: Days = 24
    thank_you_to_hours: Days = 48
    check_in_from_days: Days = 3
    check_in_to_days: Days = 7
    review_request_from_days: Days = 7
    review_request_to_days: Days = 21
    photo_request_to_days: Days = 14
    referred_welcome_to_days: Days = 14
    replenishment_from_days: Days = 14
    replenishment_to_days: Days = 7
    fast_moving_classes: tuple[str, ...] = ("consumable", "functional", "seasonal")
    fast_moving_from_days: Days = 7
    fast_moving_to_days: Days = 15
    durable_from_days: Days = 30
    next_order_last_day: Days = 60
    completion_from_days: Days = 14
    completion_to_days: Days = 30
    accessories_from_days: Days = 90
    accessories_to_days: Days = 180
    season_from_days: Days = 45
    season_to_days: Days = 15
    price_sensitive_from_days: Days = 14
    price_sensitive_to_days: Days = 45
    promotion_buyers_from_days: Days = 30
    promotion_buyers_to_days: Days = 60
    membership_to_days: Days = 30
    advocates_orders: Annotated[int, Field(gt=0)] = 3
    advocates_to_days: Days = 30
    community_to_days: Days = 30
    dissatisfied_to_days: Days = 90
    birthday_from_days: Days = 7
    sunset_days: Days = 180

    max_emails_per_month: Annotated[int, Field(ge=0)] = 8
    value_share: Share = 0.8
    quiet_days_after_complaint: Days = 30
    quiet_days_after_ticket: Days = 7
    open_ticket_days: Days = 30
    send_hour: Annotated[int, Field(ge=0, le=23)] = 10

    holdout_shares: dict[str, Share] = Field(default_factory=dict)
    global_holdout_share: Share = 0.0
    holdout_salt: str = "1"

    @field_validator("holdout_shares")
    @classmethod
    def _known_flows(cls, shares: dict[str, float]) -> dict[str, float]:
        with (REPOSITORY / "seeds" / "audiences.csv").open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle))
        flows = {row["key"] for row in rows if row["is_message"] == "true" and row["is_service"] == "false"}
        if unknown := sorted(set(shares) - flows):
            raise ValueError(
                f"{', '.join(unknown)}: no audience with a holdout; take one of {', '.join(sorted(flows))}"
            )
        return shares

    @model_validator(mode="after")
    def _windows_open_before_they_close(self) -> "AudienceSettings":
        for name in type(self).model_fields:
            if "_from_" in name and (closing := name.replace("_from_", "_to_")) in type(self).model_fields:
                first, last = getattr(self, name), getattr(self, closing)
                # These two count the days before a date, the others those after one.
                counts_down = name.startswith(("replenishment_", "season_"))
                if first < last if counts_down else first > last:
                    raise ValueError(f"{name} {first} and {closing} {last} leave no window between them")
        if self.durable_from_days > self.next_order_last_day:
            raise ValueError(
                f"durable_from_days {self.durable_from_days} and next_order_last_day {self.next_order_last_day} "
                "leave no window between them"
            )
        return self


class Settings(BaseModel):
    """What a shop may tune. Days are calendar days in the shop's zone, seconds are elapsed seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attribution_events: tuple[str, ...] = ("clicked",)
    email_lookback_seconds: Annotated[int, Field(gt=0)] = 432_000
    sms_lookback_seconds: Annotated[int, Field(gt=0)] = 432_000
    repeat_windows: tuple[Annotated[int, Field(gt=0)], ...] = (30, 60, 90, 180, 365)
    churn_window_days: Annotated[int, Field(gt=0)] = 365
    holdout_share: Annotated[float, Field(ge=0, lt=1)] = 0.1
    discounted_order_share: Annotated[float, Field(gt=0, le=1)] = 0.1
    price_sensitive_share: Annotated[float, Field(gt=0, le=1)] = 0.2
    exchange_rate_max_age_days: Annotated[int, Field(ge=0)] = 7
    max_emails_per_person: Annotated[int, Field(gt=0)] = 10
    lift_window_days: Annotated[int, Field(gt=0)] = 30
    lift_flow_windows: dict[str, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    lift_flow_ids: dict[str, str] = Field(default_factory=dict)
    lift_pre_period_days: Annotated[int, Field(gt=0)] = 180
    lift_holdout_shares: dict[str, Annotated[float, Field(gt=0, lt=1)]] = Field(default_factory=dict)
    lift_fewest_persons: Annotated[int, Field(ge=30)] = 100
    lift_detectable_difference: Annotated[float, Field(gt=0, lt=1)] = 0.03
    lift_contaminated_share: Annotated[float, Field(ge=0, lt=1)] = 0.01
    diagnosis_thresholds: dict[str, Annotated[float, Field(gt=0, lt=1)]] = Field(default_factory=dict)
    diagnosis_transit_days: Annotated[int, Field(ge=0)] = 5
    what_if_fewest_customers: Annotated[int, Field(gt=0)] = 100
    what_if_fewest_repeaters: Annotated[int, Field(gt=1)] = 30
    gate: GateLimits = Field(default_factory=GateLimits)
    audiences: AudienceSettings = Field(default_factory=AudienceSettings)

    @field_validator("attribution_events")
    @classmethod
    def _known_events(cls, events: tuple[str, ...]) -> tuple[str, ...]:
        if not events or set(events) - {"clicked", "opened"}:
            raise ValueError("take one or both of clicked, opened")
        return events


class Generated(BaseModel):
    """A shop whose files are made by the demo generator before a run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    orders: Annotated[int, Field(gt=0)] = 12_000
    seed: int = 20240131


class Shop(BaseModel):
    """One shop as `shop.yml` describes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    folder: Path
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
    timezone: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    as_of: datetime | None = None
    history_starts_on: date | None = None
    sources: dict[str, Any] = Field(default_factory=dict)
    destinations: dict[str, Any] = Field(default_factory=dict)
    generate: Generated | None = None
    settings: Settings = Field(default_factory=Settings)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError(f"{zone!r} is not an IANA time zone such as Europe/London")
        return zone

    @property
    def drop(self) -> Path:
        """Where the shop's dropped files and SELECTs lie."""
        return self.folder / "drop"

    @property
    def as_of_utc(self) -> datetime | None:
        """`as_of` as a naive moment in UTC. Without an offset it is meant in the shop's zone."""
        if self.as_of is None:
            return None
        moment = self.as_of
        if moment.tzinfo is None:
            # A local time that happens twice is the later one; one that doesn't happen moves forward an hour:
            # of the two readings the later instant is right in both cases.
            zone = ZoneInfo(self.timezone)
            moment = max(
                (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1)),
                key=lambda local: local.timestamp(),
            )
        return moment.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


@dataclass(frozen=True)
class ShopPaths:
    """Everything a run of one shop makes lies below `root`."""

    root: Path

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def current(self) -> Path:
        return self.published / "current"

    @property
    def backup(self) -> Path:
        return self.root / "backup"

    @property
    def site(self) -> Path:
        return self.root / "site"

    @property
    def data_docs(self) -> Path:
        return self.root / "data_docs"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def dbt_target(self) -> Path:
        return self.root / "dbt_target"

    @property
    def webhooks(self) -> Path:
        return self.root / "webhooks" / "queue.sqlite"

    @property
    def sync(self) -> Path:
        return self.root / "sync"

    @property
    def privacy(self) -> Path:
        return self.root / "privacy"

    @property
    def lock(self) -> Path:
        return self.root / "lock.json"


def paths_of(shop: Shop, data: Path | None = None) -> ShopPaths:
    """Where the shop's own data lie: `data/<shop name>` unless `data` names another parent folder."""
    return ShopPaths((data or REPOSITORY / "data").resolve() / shop.name)


def load_shop(folder: Path) -> Shop:
    """Read `<folder>/shop.yml`.

    Raises:
        UserError: the folder or file is missing, isn't YAML, or a setting is wrong; the message names the setting.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such shop folder; name one with SHOP=<folder>, for example SHOP=shops/demo")
    file = folder / "shop.yml"
    if not file.is_file():
        raise UserError(f"{file}: missing; a shop folder needs a shop.yml with name, timezone and currency")
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: not readable as YAML: {_one_line(str(error))}") from error
    if not isinstance(content, dict):
        raise UserError(f"{file}: expected settings such as 'name: my-shop', found {type(content).__name__}")
    if "folder" in content:
        raise UserError(f"{file}: folder: not a setting; remove it")
    if content.get("sources") is None:
        content.pop("sources", None)
    if content.get("destinations") is None:
        content.pop("destinations", None)
    if content.get("settings") is None:
        content.pop("settings", None)
    try:
        return Shop(folder=folder.resolve(), **content)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {_one_line(problem['msg'])}"
            for problem in error.errors()
        )
        raise UserError(f"{file}: {problems}") from error


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
