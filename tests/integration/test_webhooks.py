"""Webhooks come over a real socket, are kept on the disk before they are answered, and only if they are Shopify's."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.webhooks.queue import Pending, Queue
from orchestration.webhooks.receiver import LARGEST_BODY, PATH, WebhookServer
from orchestration.webhooks.shopify import TOPICS, Action, Change, is_signed, is_timely, read_change
from tests.conftest import REPOSITORY

SECRET = "hush"
NOW = datetime(2026, 9, 3, 12, tzinfo=UTC)


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def headers(body: bytes, **changed: str | None) -> dict[str, str]:
    """What Shopify sends; a header set to None isn't sent."""
    usual: dict[str, str | None] = {
        "X-Shopify-Topic": "orders/updated",
        "X-Shopify-Hmac-SHA256": signature(body),
        "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "X-Shopify-Triggered-At": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "X-Shopify-Shop-Domain": "example.myshopify.com",
    }
    named = {key.replace("_", "-"): value for key, value in changed.items()}
    return {key: value for key, value in {**usual, **named}.items() if value is not None}


@dataclass
class Receiver:
    """A running server and its queue."""

    port: int
    queue: Queue

    def post(self, body: bytes, sent: dict[str, str], path: str = PATH) -> int:
        # Shopify waits this long.
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("POST", path, body, sent)
            return connection.getresponse().status
        finally:
            connection.close()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    queue = Queue(tmp_path / "webhooks" / "queue.sqlite")
    with WebhookServer(queue, SECRET) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield Receiver(server.server_port, queue)
        server.shutdown()
        thread.join()


def changes(queue: Queue) -> list[Change]:
    return [item.change for item in queue.pending()]


def test_signature_of_rfc_4231() -> None:
    """Test case 2 of RFC 4231: key "Jefe", its digest 5bdcc146…64ec3843 in base64."""
    digest = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    body = b"what do ya want for nothing?"
    assert is_signed(body, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=", "Jefe")
    assert base64.b64encode(digest) == b"W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
    assert not is_signed(body + b" ", "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=", "Jefe")
    assert not is_signed(body, digest.hex(), "Jefe")
    assert not is_signed(body, "", "Jefe")
    assert not is_signed(body, "not base64!", "Jefe")
    assert not is_signed(body, "é", "Jefe")


def test_shopifys_own_sample_order_is_kept_by_its_number(shared: Path, receiver: Receiver) -> None:
    sample = json.loads((shared / "data" / "shopify_rest_fixtures" / "order.json").read_text())["order"]
    body = json.dumps(sample).encode()
    assert receiver.post(body, headers(body)) == 200
    assert changes(receiver.queue) == [Change(Action.FETCH_ORDER, str(sample["id"]))]
    kept = b"".join(path.read_bytes() for path in receiver.queue.file.parent.iterdir())
    assert sample["email"].encode() not in kept


@pytest.mark.parametrize(
    ("topic", "payload", "change"),
    [
        ("orders/create", {"id": 1}, Change(Action.FETCH_ORDER, "1")),
        ("orders/delete", {"id": 1}, Change(Action.DELETE_ORDER, "1")),
        ("refunds/create", {"id": 9, "order_id": 1}, Change(Action.FETCH_ORDER, "1")),
        ("fulfillments/create", {"id": 9, "order_id": 1}, Change(Action.FETCH_ORDER, "1")),
        ("fulfillments/update", {"id": 9, "order_id": 1}, Change(Action.FETCH_ORDER, "1")),
        (
            "customers/redact",
            {"shop_id": 5, "customer": {"id": 7, "email": "ann@example.com"}, "orders_to_redact": [1, 2]},
            Change(Action.REDACT_CUSTOMER, "7", ("1", "2")),
        ),
        (
            "customers/data_request",
            {"shop_id": 5, "customer": {"id": 7}, "orders_requested": [1], "data_request": {"id": 4}},
            Change(Action.DATA_REQUEST, "7", ("1",)),
        ),
        ("shop/redact", {"shop_id": 5, "shop_domain": "example.myshopify.com"}, Change(Action.REDACT_SHOP, "5")),
        ("products/update", {"id": 1}, None),
    ],
)
def test_what_each_topic_asks_for(topic: str, payload: dict[str, object], change: Change | None) -> None:
    assert read_change(topic, json.dumps(payload).encode()) == change
    assert (topic in TOPICS) == (change is not None)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"X_Shopify_Hmac_SHA256": signature(b'{"id": 2}')}, 401),
        ({"X_Shopify_Hmac_SHA256": signature(b'{"id": 1}', "other secret")}, 401),
        ({"X_Shopify_Hmac_SHA256": None}, 401),
        ({"X_Shopify_Triggered_At": "2020-01-01T00:00:00Z"}, 400),
        ({"X_Shopify_Triggered_At": None}, 400),
        ({"X_Shopify_Webhook_Id": None}, 400),
        ({"X_Shopify_Webhook_Id": "x" * 201}, 400),
        ({"X_Shopify_Topic": "refunds/create"}, 400),
        ({"X_Shopify_Topic": "products/update"}, 200),
    ],
)
def test_what_is_not_kept(receiver: Receiver, changed: dict[str, str | None], status: int) -> None:
    body = b'{"id": 1}'
    assert receiver.post(body, headers(body, **changed)) == status
    assert changes(receiver.queue) == []


def test_a_signed_body_that_is_no_webhook_is_refused(receiver: Receiver) -> None:
    for body in (b"", b"[]", b"{", b'{"id": "1; drop table changes"}', b'{"id": true}', b"\xff"):
        assert receiver.post(body, headers(body)) == 400
    assert changes(receiver.queue) == []


@pytest.mark.parametrize(
    ("seconds", "timely"), [(0, True), (-86_400, True), (-86_401, False), (300, True), (301, False)]
)
def test_the_replay_window_is_a_day_back_and_five_minutes_ahead(seconds: int, timely: bool) -> None:
    assert is_timely((NOW + timedelta(seconds=seconds)).isoformat(), NOW) == timely


def test_one_webhook_sent_often_and_at_once_is_kept_once(receiver: Receiver) -> None:
    body = b'{"id": 1}'
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: receiver.post(body, headers(body)), range(40)))
    assert answers == [200] * 40
    assert receiver.queue.pending() == [Pending(1, Change(Action.FETCH_ORDER, "1"))]


def test_a_webhook_that_was_settled_is_not_done_again(receiver: Receiver) -> None:
    body = b'{"id": 1}'
    receiver.post(body, headers(body))
    receiver.queue.settle(receiver.queue.pending())
    assert receiver.post(body, headers(body)) == 200
    assert changes(receiver.queue) == []
    assert receiver.post(body, headers(body, X_Shopify_Webhook_Id="another")) == 200
    assert changes(receiver.queue) == [Change(Action.FETCH_ORDER, "1")]


def test_what_comes_while_a_run_works_stays_for_the_next(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "queue.sqlite")
    fetch, delete = Change(Action.FETCH_ORDER, "1"), Change(Action.DELETE_ORDER, "2")
    queue.put("a", "orders/create", fetch, NOW)
    queue.put("b", "orders/updated", fetch, NOW)
    queue.put("c", "orders/updated", Change(Action.FETCH_ORDER, "2"), NOW)
    queue.put("d", "orders/delete", delete, NOW)
    taken = queue.pending()
    assert [item.change for item in taken] == [fetch, delete]
    queue.put("e", "orders/updated", fetch, NOW)
    queue.settle(taken)
    assert changes(queue) == [fetch]
    assert changes(Queue(queue.file)) == [fetch]


def test_only_what_is_done_is_ever_forgotten(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "queue.sqlite")
    queue.put("old", "shop/redact", Change(Action.REDACT_SHOP, "5"), NOW - timedelta(days=30))
    queue.put("done", "orders/create", Change(Action.FETCH_ORDER, "1"), NOW - timedelta(days=30))
    queue.settle([item for item in queue.pending() if item.change.object_id == "1"])
    queue.put("new", "orders/create", Change(Action.FETCH_ORDER, "2"), NOW)
    assert [change.object_id for change in changes(queue)] == ["5", "2"]
    assert queue.put("done", "orders/create", Change(Action.FETCH_ORDER, "1"), NOW)


def test_a_body_over_the_limit_is_refused_unread(receiver: Receiver) -> None:
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=10) as connection:
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGEST_BODY + 1}\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.0 413 ")
    body = json.dumps({"id": 1, "note": "x" * (LARGEST_BODY - 100)}).encode()
    assert receiver.post(body, headers(body)) == 200


def test_other_paths_and_methods_are_not_served(receiver: Receiver) -> None:
    body = b'{"id": 1}'
    assert receiver.post(body, headers(body), "/") == 404
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=10) as connection:
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.0 411 ")
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=10)
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200
    assert changes(receiver.queue) == []


DIES_BEFORE_IT_ANSWERS = """
import os, signal, sys
from pathlib import Path
from orchestration.webhooks.queue import Queue
from orchestration.webhooks.receiver import WebhookServer

class DiesOnceKept(Queue):
    def put(self, *arguments):
        super().put(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

with WebhookServer(DiesOnceKept(Path(sys.argv[1])), "hush") as server:
    print(server.server_port, flush=True)
    server.serve_forever()
"""


def test_killed_between_keeping_and_answering_nothing_is_lost_or_done_twice(receiver: Receiver) -> None:
    """The sender sees no answer and sends again, to a receiver that has been started anew on the same queue."""
    file = receiver.queue.file
    process = subprocess.Popen(
        [sys.executable, "-c", DIES_BEFORE_IT_ANSWERS, str(file)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    body = b'{"id": 1}'
    sent = headers(body)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        Receiver(port, receiver.queue).post(body, sent)
    assert process.wait(timeout=10) == -9
    assert changes(Queue(file)) == [Change(Action.FETCH_ORDER, "1")]
    assert receiver.post(body, sent) == 200
    assert changes(receiver.queue) == [Change(Action.FETCH_ORDER, "1")]


def test_the_command_listens_on_this_machine_only_and_needs_its_secret(
    tmp_path: Path, free_ports: tuple[int, int]
) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "shop.yml").write_text("name: hooked\ntimezone: UTC\ncurrency: USD\n")
    port = free_ports[0]
    command = [
        sys.executable,
        "-m",
        "orchestration",
        "webhooks",
        str(shop),
        "--data",
        str(tmp_path),
        "--port",
        str(port),
    ]
    without = {key: value for key, value in os.environ.items() if key != "SHOPIFY_CLIENT_SECRET"}
    refused = subprocess.run(command, cwd=REPOSITORY, env=without, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: SHOPIFY_CLIENT_SECRET is not set")
    process = subprocess.Popen(
        command, cwd=REPOSITORY, env={**without, "SHOPIFY_CLIENT_SECRET": SECRET}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"Webhooks: http://127.0.0.1:{port}{PATH}; stop with Ctrl-C.\n"
        body = b'{"id": 1}'
        queue = Queue(tmp_path / "hooked" / "webhooks" / "queue.sqlite")
        assert Receiver(port, queue).post(body, headers(body)) == 200
        assert changes(queue) == [Change(Action.FETCH_ORDER, "1")]
        table = Path("/proc/net/tcp").read_text().splitlines()
        listening = [line.split()[1] for line in table if line.split()[3] == "0A"]
        assert [address for address in listening if address.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]
    finally:
        process.send_signal(2)
        assert process.wait(timeout=30) == 130
