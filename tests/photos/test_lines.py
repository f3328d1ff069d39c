"""Connections to photo hosts are kept while they are good, and given up once they are not."""

import gc
import gzip
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from menagerie.curation.reasons import Reason
from menagerie.photos.decode import MAX_BYTES
from menagerie.photos.fetch import Fetched, Fetcher, Wanted
from menagerie.photos.row import Rendition
from menagerie.photos.store import PhotoStore
from menagerie.retry import Patience
from tests.builders import encoded, picture
from tests.photos.hosts import JPEG, Handler, host, send

QUICK = Patience(attempts=3, connect_attempts=2, first_pause_seconds=0.01)


def fetcher(tmp_path: Path, netloc: str) -> Fetcher:
    return Fetcher(netloc, PhotoStore(str(tmp_path / "store")), tmp_path, QUICK)


def photo(url: str, name: str = "n") -> Wanted:
    return Wanted(1, (Rendition(name, url, 320, 240),))


def fetch(
    tmp_path: Path, answer: Callable[[Handler], None], path: str = "1.jpg", name: str = "n"
) -> Fetched:
    with host(answer) as netloc:
        return fetcher(tmp_path, netloc).fetch(photo(f"http://{netloc}/{path}", name))


def begin(handler: Handler, **headers: str) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Content-Type", "image/jpeg")
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_connection_serves_again_after_a_photo_or_a_short_refusal(
    tmp_path: Path, status: int
) -> None:
    peers = []

    def answer(handler: Handler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.close_connection = False
        peers.append(handler.client_address)
        send(handler, status=status)

    with host(answer) as netloc:
        asker = fetcher(tmp_path, netloc)
        for number in range(3):
            asker.fetch(photo(f"http://{netloc}/{number}.jpg"))
        assert len(peers) == (9 if status == 500 else 3)
        assert len(set(peers)) == 1
        asker.stop()


def open_sockets_to(netloc: str) -> int:
    count = 0
    # Those in cycles, which only the collector of garbage lets go of, count as well.
    for one in gc.get_objects():
        if isinstance(one, socket.socket) and one.family == socket.AF_INET:
            # Those that are closed or listen have no peer.
            with suppress(OSError):
                name, port = one.getpeername()[:2]
                count += f"{name}:{port}" == netloc
    return count


def test_whoever_ends_leaves_no_connection_open(tmp_path: Path) -> None:
    def answer(handler: Handler) -> None:
        handler.protocol_version = "HTTP/1.1"
        send(handler)

    with host(answer) as netloc:
        asker = fetcher(tmp_path, netloc)
        photos = [photo(f"http://{netloc}/{number}.jpg") for number in range(30)]
        assert sum(map(len, asker.fetch_all(photos))) == 30
        assert open_sockets_to(netloc) > 0
        asker.close()
        assert open_sockets_to(netloc) == 0


def test_a_connection_that_the_host_closed_meanwhile_costs_no_attempt(tmp_path: Path) -> None:
    def answer(handler: Handler) -> None:
        handler.protocol_version = "HTTP/1.1"
        send(handler)
        handler.close_connection = True

    with host(answer) as netloc:
        asker = fetcher(tmp_path, netloc)
        first = asker.fetch(photo(f"http://{netloc}/1.jpg"))
        time.sleep(1.1)
        second = asker.fetch(photo(f"http://{netloc}/2.jpg"))
    assert (first.attempts, second.attempts) == (1, 1)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"


@pytest.mark.parametrize(
    "broken", [b"rubbish\r\n\r\n", HEAD, HEAD + b"Content-Length: 9\r\n\r\nshort", b""]
)
def test_a_connection_that_broke_in_an_answer_is_not_used_again(
    tmp_path: Path, broken: bytes
) -> None:
    asked = []

    def answer(handler: Handler) -> None:
        asked.append(handler.path)
        if len(asked) == 1:
            handler.wfile.write(broken)
        else:
            send(handler)

    got = fetch(tmp_path, answer)
    assert (got.fault, got.attempts, got.bytes) == (None, 2, len(JPEG))


def test_an_address_is_encoded_where_that_was_left_out(tmp_path: Path) -> None:
    asked = []

    def answer(handler: Handler) -> None:
        asked.append(handler.path)
        send(handler)

    assert fetch(tmp_path, answer, "a crow/ü%20.jpg?s=1,2").fault is None
    assert asked == ["/a%20crow/%C3%BC%20.jpg?s=1,2"]


def test_a_packed_body_is_not_taken_for_the_picture(tmp_path: Path) -> None:
    got = fetch(tmp_path, lambda h: send(h, gzip.compress(JPEG), Content_Encoding="gzip"))
    assert got.fault == Reason.DOWNLOAD_FAILED
    assert "gzip" in str(got.detail)


@pytest.mark.parametrize("ending", [b"0\r\n\r\n", b""])
def test_a_body_in_chunks_is_stored_once_its_last_one_came(tmp_path: Path, ending: bytes) -> None:
    def answer(handler: Handler) -> None:
        begin(handler, Transfer_Encoding="chunked")
        for part in (JPEG[:100], JPEG[100:]):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        handler.wfile.write(ending)
        handler.close_connection = True

    got = fetch(tmp_path, answer)
    assert got.bytes == (len(JPEG) if ending else None)
    assert got.fault == (None if ending else Reason.DOWNLOAD_FAILED)


def test_a_large_body_is_stored_whole_and_judged_by_its_beginning(tmp_path: Path) -> None:
    large = JPEG + bytes(range(256)) * 6000
    got = fetch(tmp_path, lambda handler: send(handler, large))
    assert got.sha256 is not None
    assert PhotoStore(str(tmp_path / "store")).read(got.sha256) == large
    other = encoded(picture(320, 100)) + bytes(2**21)
    assert fetch(tmp_path, lambda handler: send(handler, other)).fault == Reason.PLACEHOLDER


def test_a_body_of_untold_length_ends_at_the_limit(tmp_path: Path) -> None:
    def answer(handler: Handler) -> None:
        begin(handler)
        # The client hangs up in the midst of it.
        with suppress(ConnectionError):
            for _ in range(MAX_BYTES // 2**20 + 8):
                handler.wfile.write(bytes(2**20))
        handler.close_connection = True

    assert fetch(tmp_path, answer).fault == Reason.TOO_MANY_BYTES
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def certificate(folder: Path) -> Path:
    """Make a key and a certificate for 127.0.0.1 that nobody else has signed."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "certificate.pem"
    file.write_bytes(private + signed.public_bytes(encoding))
    return file


@pytest.mark.parametrize("trusted", [True, False])
def test_a_host_is_asked_over_tls_if_its_certificate_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    file = certificate(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with host(send, context) as netloc:
        got = fetcher(tmp_path, netloc).fetch(photo(f"https://{netloc}/1.jpg"))
    assert got.fault == (None if trusted else Reason.DOWNLOAD_FAILED)
    assert got.bytes == (len(JPEG) if trusted else None)
