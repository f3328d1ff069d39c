"""The files that the photo host serves, made on demand from one source picture each."""

from collections import OrderedDict
from hashlib import blake2b
from io import BytesIO
from os import getpid
from pathlib import Path
from threading import BoundedSemaphore, Lock, get_ident

from PIL import Image

from menagerie.cores import usable_cores
from menagerie.sandbox.records import Picture
from menagerie.sandbox.sizes import Size

_QUALITY = 87
_MEMORY_BYTES = 48 * 2**20

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
)


def content_type(body: bytes) -> str:
    """Return what a file is by its first bytes; a file that is nothing passes for a JPEG."""
    return next((kind for magic, kind in _MAGIC if body.startswith(magic)), "image/jpeg")


def render(picture: Picture, size: Size) -> bytes:
    """Make one rendition; a file that cannot be decoded is passed on as it is."""
    image = picture.image()
    if image is None:
        return picture.source()
    if size.square:
        image = _square(image, size.edge_px)
    else:
        # thumbnail() keeps the aspect and never enlarges.
        image.thumbnail((size.edge_px, size.edge_px), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return encode(image)


def encode(image: Image.Image, quality: int = _QUALITY) -> bytes:
    """Write a JPEG; equal pixels give equal bytes."""
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _square(image: Image.Image, edge_px: int) -> Image.Image:
    width, height = image.size
    short = min(width, height)
    left, top = (width - short) // 2, (height - short) // 2
    return image.resize(
        (edge_px, edge_px),
        Image.Resampling.BICUBIC,
        box=(left, top, left + short, top + short),
        reducing_gap=3.0,
    )


class Renditions:
    """Renditions that were made before, in memory and, with a folder, on disk."""

    def __init__(self, cache_dir: Path | None) -> None:
        self._cache_dir = cache_dir
        self._recent: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        # Each picture under way takes tens of megabytes, and there are no more processors.
        self._at_work = BoundedSemaphore(usable_cores())

    def rendition(self, picture: Picture, size: Size) -> bytes:
        """Return one rendition of a picture."""
        body = self._cached(picture, size.extra)
        return self._made(picture, size) if body is None else body

    def _name(self, picture: Picture, extra: str) -> str:
        digest = blake2b(picture.key.encode(errors="surrogateescape"), digest_size=16).hexdigest()
        return f"{digest[:2]}/{digest[2:]}{extra}"

    def _cached(self, picture: Picture, extra: str) -> bytes | None:
        name = self._name(picture, extra)
        with self._lock:
            if name in self._recent:
                self._recent.move_to_end(name)
                return self._recent[name]
        if self._cache_dir is None:
            return None
        try:
            body = (self._cache_dir / name).read_bytes()
        except FileNotFoundError:
            return None
        self._remember(name, body)
        return body

    def _made(self, picture: Picture, size: Size) -> bytes:
        with self._at_work:
            body = render(picture, size)
        name = self._name(picture, size.extra)
        self._remember(name, body)
        if self._cache_dir is not None:
            path = self._cache_dir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{path.name}.{getpid()}-{get_ident()}.partial")
            partial.write_bytes(body)
            partial.replace(path)
        return body

    def _remember(self, name: str, body: bytes) -> None:
        with self._lock:
            self._bytes += len(body) - len(self._recent.pop(name, b""))
            self._recent[name] = body
            while self._bytes > _MEMORY_BYTES:
                self._bytes -= len(self._recent.popitem(last=False)[1])
