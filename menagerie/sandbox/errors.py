"""Errors as the Flickr API answers them: HTTP 200 with `stat: fail`."""

from collections import deque
from threading import Lock

UNAVAILABLE = "Sorry, the Flickr API service is not currently available."

MESSAGES = {
    0: UNAVAILABLE,
    1: "Too many tags in ALL query",
    2: "Unknown user",
    3: "Parameterless searches have been disabled. Please use flickr.photos.getRecent instead.",
    4: "You don't have permission to view this pool",
    10: "Sorry, the Flickr search API is not currently available.",
    11: "No valid machine tags",
    12: "Exceeded maximum allowable machine tags",
    18: "Illogical arguments",
    20: "Excessive photo offset in search query",
    95: "SSL is required",
    96: "Invalid signature",
    97: "Missing signature",
    98: "Login failed / Invalid auth token",
    99: "User not logged in / Insufficient permissions",
    100: "Invalid API Key (Key has invalid format)",
    105: "Service currently unavailable",
    106: "Write operation failed",
    111: 'Format "unknown" not found',
    112: 'Method "unknown" not found',
    114: "Invalid SOAP envelope",
    115: "Invalid XML-RPC Method Call",
    116: "Bad URL found",
    201: UNAVAILABLE,
}
"""Every error code that a search may answer with, as the API's documentation words them."""


class ApiError(Exception):
    """An answer with `stat: fail`; never leaves the sandbox as an exception."""

    def __init__(self, code: int, message: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = MESSAGES.get(code, "Error") if message is None else message


class OrderedErrors:
    """Errors that the control endpoint ordered: each answers so many calls, oldest first."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[ApiError, str, int]] = deque()
        self._lock = Lock()

    def order(self, error: ApiError, method: str, times: int) -> None:
        """Let the next calls of a method, or of any for an empty name, fail."""
        with self._lock:
            self._waiting.append((error, method, times))

    def clear(self) -> None:
        """Forget what was ordered."""
        with self._lock:
            self._waiting.clear()

    def take(self, method: str) -> ApiError | None:
        """Return the error that answers a call of `method`, if any."""
        with self._lock:
            for place, (error, wanted, times) in enumerate(self._waiting):
                if wanted in ("", method):
                    if times > 1:
                        self._waiting[place] = error, wanted, times - 1
                    else:
                        del self._waiting[place]
                    return error
        return None
