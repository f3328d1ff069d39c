"""A flow that lasts until it is ended."""

import time

from prefect import flow


@flow
def nap() -> None:
    """Sleep."""
    for _ in range(6_000):
        time.sleep(0.1)
