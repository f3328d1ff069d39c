"""Photo hosts for tests: real servers on loopback that answer as they are told."""

import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.builders import encoded, picture

JPEG = encoded(picture())
Handler = http.server.BaseHTTPRequestHandler


@contextmanager
def host(answer: Callable[[Handler], None], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve one answer on loopback, over TLS if so told; yields `host:port`."""

    class Host(Handler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host) as server:
        if tls:
            # The handshake is left to the thread that answers.
            server.socket = tls.wrap_socket(server.socket, True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def send(
    handler: Handler,
    body: bytes = JPEG,
    status: int = 200,
    kind: str = "image/jpeg",
    **headers: str,
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)
