"""What a destination is: an e-mail tool that is told who is in which audience, and how to write one.

A destination is one file, `orchestration/destinations/<tool>.py`, and its fake, `tests/fakes/<tool>.py`:

* a pydantic model of what `shop.yml` says under `destinations.<tool>` (subclass of `DestinationSettings`);
* a class that keeps `Client` below, talking through `orchestration.sources.http.Api`;
* `DESTINATION = Destination(...)`, which `orchestration/destinations/registry.py` lists.

`tests/integration/test_sync.py` then holds it to every invariant: its parameters name the destination and its fake.

The client only carries out. What is to be done is planned for all destinations alike (`plan.py`): who enters and
leaves each audience and which values have changed since what the destination last confirmed (`state.py`). All calls of
a client must be repeatable: a run that was killed sends again what it can't know to have arrived.

No client may subscribe, unsubscribe or lift a suppression, and none may name a channel's consent in what it writes:
`tests/unit/test_destinations.py` reads the code for it.

People come as Arrow tables with the columns that the methods name; e-mails are in lower case. Answers are Arrow tables
too, of the columns of `FOUND` and `PROBLEMS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Protocol

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from orchestration.errors import UserError
from orchestration.sources.http import Clock
from orchestration.sources.source import Secret

#: What a destination knows of a person: its own id (NULL: it knows nobody of that e-mail), and why nothing may be sent
#: to the person there (NULL: nothing speaks against it).
FOUND: Final = pa.schema([("email", pa.string()), ("vendor_id", pa.string()), ("blocked", pa.string())])
#: Who a call didn't succeed for, with the destination's own reason.
PROBLEMS: Final = pa.schema([("email", pa.string()), ("problem", pa.string())])


class DestinationSettings(BaseModel):
    """What every destination may be told in `shop.yml`.

    Attributes:
        url: replaces the vendor's address (a proxy, a test's fake server).
        audiences: keys of those to send; all but the service ones by default.
        property_prefix: begins the name of every value we send, so that no other's is touched.
        max_age_hours: older data aren't sent.
        size_change_share: how far an audience may be off the median of its last versions before it is stopped.
        size_change_persons: a difference of so many persons never stops one.
        recheck_days: after how long somebody the destination refused is tried again with the same values.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = Field(default=None, pattern=r"^https?://[^\s@]+$")
    audiences: tuple[str, ...] | None = None
    property_prefix: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,19}$")] = "so_"
    max_age_hours: Annotated[float, Field(gt=0)] = 36.0
    size_change_share: Annotated[float, Field(gt=0, le=1)] = 0.3
    size_change_persons: Annotated[int, Field(ge=0)] = 25
    recheck_days: Annotated[float, Field(gt=0)] = 7.0


class Client(Protocol):
    """What a destination does for one account.

    Attributes:
        needs_ids: whether `add` and `remove` go by the vendor's ids.
        write_rows: how many people one `write` takes; what it did is remembered after each.
        member_rows: how many people one `add` or `remove` takes.
    """

    needs_ids: bool
    write_rows: int
    member_rows: int

    def look_up(self, people: pa.Table) -> pa.Table:
        """What the destination knows of these people now (`FOUND`); those it doesn't know may be left out.

        Args:
            people: email.
        """
        ...

    def write(self, people: pa.Table) -> pa.Table:
        """Create or update people's own values; returns `PROBLEMS`.

        Args:
            people: email, vendor_id, properties (inside of a JSON object), cleared (names to remove).
        """
        ...

    def container(self, audience: str) -> str:
        """What holds an audience there (a list's id, a tag's name), made if it isn't there yet."""
        ...

    def add(self, container: str, people: pa.Table) -> pa.Table:
        """Put people into a container; returns `PROBLEMS`.

        Args:
            people: email, vendor_id.
        """
        ...

    def remove(self, container: str, people: pa.Table) -> pa.Table:
        """Take people out of a container; returns `PROBLEMS`. Who isn't in it is no problem."""
        ...

    def erase(self, email: str, containers: Sequence[str], properties: Sequence[str]) -> "Erasure":
        """Remove a person as far as the vendor's API allows, and everything we put there, without touching consent.

        Args:
            containers: that may hold the person.
            properties: names of the values that we may have sent.
        """
        ...

    def close(self) -> None:
        """Close its connections."""
        ...


@dataclass(frozen=True)
class Erasure:
    """What was done to erase a person at a destination, and what is left for the shop to do there by hand."""

    done: tuple[str, ...]
    left: tuple[str, ...] = ()


class ContainerGoneError(UserError):
    """The list that held an audience isn't at the destination any more; the next run makes it again."""


@dataclass(frozen=True)
class Destination:
    """One e-mail tool.

    Attributes:
        name: in lower case; as in shop.yml and in the rows of `ops.sync_results`.
        title: as people write it.
        settings: model of `destinations.<name>` in shop.yml.
        secrets: environment variables it needs.
        connect: client from settings, secret values by variable, and the clock.
    """

    name: str
    title: str
    settings: type[DestinationSettings]
    secrets: tuple[Secret, ...]
    connect: Callable[[Any, Mapping[str, str], Clock], Client]
