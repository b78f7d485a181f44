"""All destinations there are, those a shop has configured, and the erasure of a person in all of them."""

from dataclasses import dataclass

from orchestration.configured import secrets_of, settings_of
from orchestration.destinations.destination import Client, Destination, DestinationSettings, Erasure
from orchestration.destinations.klaviyo import DESTINATION as KLAVIYO
from orchestration.destinations.omnisend import DESTINATION as OMNISEND
from orchestration.destinations.state import SyncState, state_file
from orchestration.errors import UserError
from orchestration.shop import Shop, ShopPaths
from orchestration.sources.http import Clock, SystemClock
from orchestration.warehouse import rewrite

DESTINATIONS: dict[str, Destination] = {destination.name: destination for destination in (KLAVIYO, OMNISEND)}


@dataclass(frozen=True)
class Configured:
    """A destination a shop has named in shop.yml, with its settings."""

    destination: Destination
    settings: DestinationSettings
    shop: Shop

    @property
    def name(self) -> str:
        """The destination's name."""
        return self.destination.name

    def connect(self, clock: Clock | None = None) -> Client:
        """The destination's client.

        Raises:
            UserError: a secret isn't set.
        """
        values = secrets_of(self.shop, self.name, self.destination.secrets)
        return self.destination.connect(self.settings, values, clock or SystemClock())


@dataclass(frozen=True)
class Erased:
    """How the erasure of a person ended at one destination: `problem` says why it must be tried again."""

    destination: str
    erasure: Erasure | None
    problem: str | None = None


def configured_destinations(shop: Shop) -> list[Configured]:
    """The shop's destinations in the order they are registered; none unless shop.yml names one.

    Raises:
        UserError: shop.yml names a destination there isn't, or a setting is wrong.
    """
    models = {name: destination.settings for name, destination in DESTINATIONS.items()}
    settings = settings_of(shop, "destinations", models)
    return [Configured(DESTINATIONS[name], chosen, shop) for name, chosen in settings.items()]


def erase_everywhere(shop: Shop, paths: ShopPaths, email: str, clock: Clock | None = None) -> list[Erased]:
    """Erase a person at every configured destination, then from what we remember of having sent.

    Where one fails nothing is forgotten of it: call again until no `problem` is left. To be called by who holds the
    shop's lock.
    """
    email = email.strip().lower()
    erased = []
    with SyncState.open(state_file(paths)) as state:
        for configured in configured_destinations(shop):
            try:
                client = configured.connect(clock)
                try:
                    containers, names = state.held_of(configured.name, email)
                    erasure = client.erase(email, containers, names)
                finally:
                    client.close()
            except UserError as error:
                erased.append(Erased(configured.name, None, error.message))
                continue
            state.forget(configured.name, email)
            erased.append(Erased(configured.name, erasure))
        for name in state.destinations_of(email) - {one.destination for one in erased}:
            # Not in shop.yml any more: nobody can be asked, and what is known must be done by hand.
            state.forget(name, email)
            left = (f"remove the person at {name} by hand: it was sent there and isn't configured any more",)
            erased.append(Erased(name, Erasure((), left)))
    if any(one.problem is None for one in erased):
        # Deleted rows stay in a database file's free blocks.
        rewrite(state_file(paths))
    return erased
