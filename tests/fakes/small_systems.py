"""A fake of each small system with the settings and secrets that fit it, and the specs that are at hand."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from orchestration.shop import Shop
from orchestration.sources.http import Clock
from orchestration.sources.registry import SOURCES, Configured
from orchestration.sources.source import State, Window
from tests.fakes import judgeme, omnisend, smile, typeform, yotpo, yotpo_loyalty
from tests.fakes.amazon import Amazon
from tests.fakes.clock import FakeClock
from tests.fakes.judgeme import Judgeme
from tests.fakes.limits import Limited
from tests.fakes.omnisend import Omnisend
from tests.fakes.server import Fake
from tests.fakes.smile import Smile
from tests.fakes.typeform import Typeform
from tests.fakes.yotpo import Yotpo
from tests.fakes.yotpo_loyalty import YotpoLoyalty


@dataclass(frozen=True)
class Account:
    """`fake` makes the system on a clock, held to the specs in the folder, throttled or not; `server`: the real one."""

    server: str
    fake: Callable[[Clock, Path, bool], Limited]
    secrets: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)


def _json(folder: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    return content


ACCOUNTS: Mapping[str, Account] = {
    "judgeme": Account(
        judgeme.SERVER,
        lambda clock, _specs, throttle: Judgeme(clock, throttle=throttle),
        {"JUDGEME_API_TOKEN": Judgeme.token},
        {"shop_domain": Judgeme.domain},
    ),
    "omnisend": Account(
        omnisend.SERVER,
        lambda clock, specs, throttle: Omnisend(
            clock, _json(specs, "omnisend/contacts_2026-03-15.transcribed.json"), throttle=throttle
        ),
        {"OMNISEND_API_KEY": Omnisend.token},
    ),
    "typeform": Account(
        typeform.SERVER,
        lambda clock, specs, throttle: Typeform(
            clock, (specs / "typeform" / "typeform-types.d.ts").read_text(encoding="utf-8"), throttle=throttle
        ),
        {"TYPEFORM_TOKEN": Typeform.token},
        {"forms": {"nps1": {"survey_type": "nps"}}},
    ),
    "yotpo": Account(
        yotpo.SERVER,
        lambda clock, _specs, throttle: Yotpo(clock, throttle=throttle),
        {"YOTPO_SECRET_KEY": Yotpo.secret},
        {"app_key": Yotpo.app_key},
    ),
    "amazon": Account(
        "https://sellingpartnerapi-na.amazon.com",
        lambda clock, specs, throttle: Amazon(clock, _json(specs, "amazon/orders_2026-01-01.json"), throttle=throttle),
        {
            "AMAZON_LWA_CLIENT_ID": Amazon.client[0],
            "AMAZON_LWA_CLIENT_SECRET": Amazon.client[1],
            "AMAZON_REFRESH_TOKEN": Amazon.refresh_token,
        },
        {"region": "na", "marketplace_ids": ["ATVPDKIKX0DER"]},
    ),
    "smile": Account(
        smile.SERVER, lambda clock, _specs, throttle: Smile(clock, throttle=throttle), {"SMILE_API_KEY": Smile.token}
    ),
    "yotpo_loyalty": Account(
        yotpo_loyalty.SERVER,
        lambda clock, _specs, throttle: YotpoLoyalty(clock, throttle=throttle),
        {"YOTPO_LOYALTY_GUID": YotpoLoyalty.guid, "YOTPO_LOYALTY_API_KEY": YotpoLoyalty.token},
        {"members": "members.csv"},
    ),
}


@dataclass(frozen=True)
class Running:
    """A fake that answers, the source that is configured for it, and the clock that both go by."""

    fake: Any
    clock: FakeClock
    configured: Configured

    def with_settings(self, **settings: Any) -> Configured:
        """The source with other settings beside those of the account."""
        return _configured(self.configured.source.name, self.fake, self.configured.shop.folder, settings)

    def client(self, **settings: Any) -> Any:
        """The source's client."""
        return self.with_settings(**settings).connect(self.clock)

    def read(self, stream: str, window: Window | None = None, state: State | None = None) -> dict[str, dict[str, Any]]:
        """Everything one read of the stream gives, the last version by id; other streams' records are left out."""
        reader = self.configured.source.stream(stream).read
        assert reader is not None
        asked = window or Window(None, self.clock.now().replace(tzinfo=None))
        found: dict[str, dict[str, Any]] = {}
        for page in reader(self.configured.connect(self.clock), asked, {} if state is None else state):
            if page.stream == stream:
                found |= {row["id"]: json.loads(row["payload"]) for row in page.rows.to_pylist()}
        return found


@contextmanager
def running(name: str, specs: Path, folder: Path = Path(), *, throttle: bool = True) -> Iterator[Running]:
    """The system's fake, answering until the end of the block; fails if a request or an answer broke its spec."""
    clock = FakeClock()
    account = ACCOUNTS[name]
    with account.fake(clock, specs, throttle).running() as fake, mock.patch.dict(os.environ, account.secrets):
        yield Running(fake, clock, _configured(name, fake, folder, {}))
    assert fake.violations == []


def _configured(name: str, fake: Fake, folder: Path, settings: Mapping[str, Any]) -> Configured:
    source = SOURCES[name]
    path = urlsplit(ACCOUNTS[name].server).path
    urls = {"url": fake.url + path, **({"login_url": fake.url} if name == "amazon" else {})}
    given = {**urls, **ACCOUNTS[name].settings, **settings}
    shop = Shop(folder=folder, name="fakes", timezone="UTC", currency="USD", sources={name: given})
    return Configured(source, source.settings.model_validate(given, context={"folder": folder}), shop)
