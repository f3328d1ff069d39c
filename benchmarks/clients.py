"""Many HTTP clients in one process, which cost next to nothing beside the server that they ask.

Each client has a connection that it keeps, and asks again as soon as it was answered. Requests are
prepared bytes; of an answer no more is looked at than its status, its length and one mark.
"""

import select
import socket
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

_READ_BYTES = 2**16
_PATIENCE_SECONDS = 60.0
_LENGTH = b"Content-Length: "


@dataclass
class Measured:
    """What clients saw: seconds of each answer, what was no answer, their own processor time."""

    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0


@dataclass
class Load:
    """What clients ask of a port of this machine; a right answer is a 200 that holds the mark."""

    port: int
    requests: list[bytes]
    mark: bytes

    def run(self, clients: int, seconds: float) -> Measured:
        """Let clients ask side by side for a time; what is under way then is waited for."""
        measured, cpu = Measured(), time.process_time()
        until = time.perf_counter() + seconds
        with ExitStack() as stack, select.epoll() as poll:
            waiting = {}
            for number in range(clients):
                client = stack.enter_context(_Client(self, number * 7, poll))
                waiting[client.socket.fileno()] = client
            while waiting:
                ready = poll.poll(_PATIENCE_SECONDS)
                if not ready:
                    measured.faults += ["no answer"] * len(waiting)
                    break
                for descriptor, events in ready:
                    client = waiting[descriptor]
                    if not client.goes_on(events, measured):
                        continue
                    if time.perf_counter() < until:
                        client.ask()
                    else:
                        del waiting[descriptor]
        measured.cpu_seconds = time.process_time() - cpu
        return measured


class _Client:
    """One connection, with one request under way."""

    def __init__(self, load: Load, number: int, poll: select.epoll) -> None:
        self._load, self._number, self._poll = load, number, poll
        self._answer, self._began = b"", 0.0
        self._unsent = memoryview(b"")
        self._events = select.EPOLLIN
        self.socket = socket.create_connection(("127.0.0.1", load.port))
        self.socket.setblocking(False)
        poll.register(self.socket.fileno(), self._events)
        self.ask()

    def __enter__(self) -> "_Client":
        return self

    def __exit__(self, *_about: object) -> None:
        self.socket.close()

    def ask(self) -> None:
        """Begin with the next request."""
        self._number += 1
        self._answer = b""
        self._unsent = memoryview(self._load.requests[self._number % len(self._load.requests)])
        self._began = time.perf_counter()
        self._send()

    def _send(self) -> None:
        with suppress(BlockingIOError):
            self._unsent = self._unsent[self.socket.send(self._unsent) :]
        wanted = select.EPOLLIN | (select.EPOLLOUT if self._unsent else 0)
        if wanted != self._events:
            self._events = wanted
            self._poll.modify(self.socket.fileno(), wanted)

    def goes_on(self, events: int, measured: Measured) -> bool:
        """Do what can be done now; tell whether the answer has come."""
        if events & select.EPOLLOUT and self._unsent:
            self._send()
        if not events & ~select.EPOLLOUT:
            return False
        data = self.socket.recv(_READ_BYTES)
        if not data:
            # It cannot be asked any more: what was measured would not be what was announced.
            raise ConnectionResetError(f"The server hung up after {self._answer[:300]!r}.")
        self._answer = self._answer + data if self._answer else data
        if not _is_whole(self._answer):
            return False
        measured.seconds.append(time.perf_counter() - self._began)
        if not self._answer.startswith(b"HTTP/1.1 200 ") or self._load.mark not in self._answer:
            measured.faults.append(repr(self._answer[:300]))
        return True


def _is_whole(answer: bytes) -> bool:
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    place = answer.index(_LENGTH, 0, head) + len(_LENGTH)
    return len(answer) >= head + 4 + int(answer[place : answer.index(b"\r\n", place)])
