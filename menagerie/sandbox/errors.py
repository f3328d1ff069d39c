"""Errors as the Flickr API answers them: HTTP 200 with `stat: fail`."""


class ApiError(Exception):
    """An answer with `stat: fail`; never leaves the sandbox as an exception."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
