"""Embedding blocks: what a backbone says of photos, kept so that it is asked once for each."""

from pathlib import Path

from menagerie.photos.blocks import BlockStore
from menagerie.photos.decode import DECODER


def embedding_spec(backbone: str) -> str:
    """Name the kind of embedding that a backbone makes, with the decoder that feeds it."""
    return f"{DECODER}-{backbone}"


class EmbeddingStore(BlockStore):
    """Blocks of embeddings, float16 (n, d)."""

    def __init__(self, root: Path | str, spec: str) -> None:
        super().__init__(root, f"embeddings/{spec}")
