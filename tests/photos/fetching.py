"""Fetching one photo from a host of tests."""

from pathlib import Path

from menagerie.photos.fetch import Fetched, Fetcher, Wanted
from menagerie.photos.row import Rendition
from menagerie.photos.store import PhotoStore
from menagerie.retry import Patience

QUICK = Patience(
    attempts=4, connect_attempts=2, refusals=4, first_pause_seconds=0.01, longest_pause_seconds=0.1
)


def wanted(url: str, name: str = "n", key: int = 1) -> Wanted:
    return Wanted(key, (Rendition(name, url, 320, 240),))


def fetch(tmp_path: Path, netloc: str, rendition: str = "n", allowed: str = "") -> Fetched:
    fetcher = Fetcher(allowed or netloc, PhotoStore(str(tmp_path / "store")), tmp_path, QUICK)
    return fetcher.fetch(wanted(f"http://{netloc}/1/2_3_n.jpg", rendition))
