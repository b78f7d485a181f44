"""The local server: pieces of files, types, caches, and what it refuses."""

import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from orchestration.errors import UserError
from orchestration.publish.serve import serve, serving

CONTENT = bytes(range(256))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    (folder / "data").mkdir(parents=True)
    (folder / "retention").mkdir()
    (folder / "_app" / "immutable").mkdir(parents=True)
    (folder / "index.html").write_text("home", encoding="utf-8")
    (folder / "retention" / "index.html").write_text("retention", encoding="utf-8")
    (folder / "data" / "figures.parquet").write_bytes(CONTENT)
    (folder / "_app" / "immutable" / "engine.wasm").write_bytes(CONTENT)
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    return folder


@pytest.fixture
def base(site: Path) -> Iterator[str]:
    with serving(site) as address:
        yield address


def ask(base: str, path: str, method: str = "GET", **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=250-", 250, 255),
        ("bytes=-6", 250, 255),
        ("bytes=200-999", 200, 255),
    ],
)
def test_a_piece_of_a_file(base: str, asked: str, first: int, last: int) -> None:
    status, headers, content = ask(base, "/data/figures.parquet", Range=asked)
    assert status == 206
    assert headers["Content-Range"] == f"bytes {first}-{last}/256"
    assert content == CONTENT[first : last + 1]
    assert headers["Content-Length"] == str(len(content))


def test_a_piece_beyond_the_end(base: str) -> None:
    status, headers, content = ask(base, "/data/figures.parquet", Range="bytes=256-300")
    assert (status, headers["Content-Range"], content) == (416, "bytes */256", b"")


def test_a_head_request_names_the_size_and_sends_nothing(base: str) -> None:
    status, headers, content = ask(base, "/data/figures.parquet", "HEAD")
    assert (status, headers["Content-Length"], content) == (200, "256", b"")
    assert headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("path", "kind", "cache"),
    [
        ("/", "text/html; charset=utf-8", "no-store"),
        ("/retention/", "text/html; charset=utf-8", "no-store"),
        ("/data/figures.parquet", "application/vnd.apache.parquet", "no-store"),
        ("/_app/immutable/engine.wasm", "application/wasm", "public, max-age=31536000, immutable"),
    ],
)
def test_types_and_caches(base: str, path: str, kind: str, cache: str) -> None:
    status, headers, _ = ask(base, path)
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, kind, cache)


@pytest.mark.parametrize("path", ["/data/", "/../secret.txt", "/%2e%2e/secret.txt", "/nothing"])
def test_what_is_no_page_of_the_site_is_not_found(base: str, path: str) -> None:
    status, _, content = ask(base, path)
    assert status == 404
    assert b"secret" not in content.replace(b"secret.txt", b"")


def test_documentation_beside_the_site_is_served_and_nothing_else_there(base: str, site: Path) -> None:
    (site.parent / "data_docs").mkdir()
    (site.parent / "data_docs" / "index.html").write_text("checked", encoding="utf-8")
    assert ask(base, "/data_docs/index.html")[2] == b"checked"
    for path in ("/data_docs/../secret.txt", "/data_docs/%2e%2e/secret.txt", "/data_docs/..%2fsecret.txt", "/dbt_docs"):
        assert ask(base, path)[0] == 404, path


def test_another_name_for_this_machine_is_refused(base: str) -> None:
    status, _, content = ask(base, "/", Host="shop.example.com")
    assert status == 403
    assert b"home" not in content


def test_only_this_machine_is_served(base: str) -> None:
    assert urlsplit(base).hostname == "127.0.0.1"


def test_a_taken_port_is_one_clear_line(site: Path, base: str) -> None:
    port = urlsplit(base).port
    assert port is not None
    with pytest.raises(UserError, match=f"^port {port} on 127.0.0.1 is taken: .* choose another port$"):
        serve(site, port)


def test_no_report_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no report there; run the shop first"):
        serve(tmp_path, 0)
