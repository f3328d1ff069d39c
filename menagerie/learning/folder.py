"""What a model folder holds, and how the champion is pointed at."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from menagerie import __version__
from menagerie.errors import MissingModelError, TrainingError
from menagerie.folders import point
from menagerie.wording import said_of

MODEL_FILE = "model.keras"
CARD_FILE = "model.json"
SEEN_FILE = "seen.npy"
FILES = (MODEL_FILE, CARD_FILE, SEEN_FILE, "history.csv", "curves.png")
"""What a complete model folder holds; evaluation adds to it."""

PAGES = ("report.html", "unsure.html")
"""What evaluation writes for people. Flickr's terms allow 30 photos on a page, hence two."""

POINTER = "champion"


@dataclass(frozen=True, slots=True)
class Card:
    """What `model.json` says: where a model comes from and what it must be fed."""

    id: str
    release: str
    classes: tuple[str, ...]
    image_size_px: int
    resize: str
    training: dict[str, Any]
    sha256: str
    library_version: str = field(default=__version__)

    @property
    def network(self) -> str:
        """What names the network: that of a recipe, or the function that builds one's own."""
        return str(self.training.get("build_model") or self.training.get("model", ""))

    def write(self, folder: Path) -> None:
        """Write `model.json`."""
        text = json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"
        (folder / CARD_FILE).write_text(text, encoding="utf-8")


_CARD = TypeAdapter(Card)


def read_card(folder: Path) -> Card:
    """Read `model.json`.

    Raises:
        MissingModelError: there is no such folder, or no model in it.
        TrainingError: the file is not what we wrote.
    """
    for name in (CARD_FILE, MODEL_FILE):
        if not (folder / name).is_file():
            raise MissingModelError(
                f"{folder} holds no model: {name} is missing. Run `menagerie train` again."
            )
    try:
        return _CARD.validate_json((folder / CARD_FILE).read_bytes())
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{folder / CARD_FILE} cannot be used: {said_of(error)}. Run `menagerie train` again."
        ) from None


_FEATURES = ".features-"


def features_path(models: Path, release_id: str, backbone: str) -> Path:
    """Name the file of what a backbone, told by a hash, says of a release's training photos."""
    return models / f"{_FEATURES}{release_id}-{backbone[:16]}.npy"


def remove_features(models: Path, release_id: str) -> None:
    """Remove what backbones said of the photos of a release."""
    for path in models.glob(f"{_FEATURES}{release_id}-*"):
        path.unlink(missing_ok=True)


def remove_other_features(models: Path, release_id: str) -> None:
    """Remove what backbones said of the photos of all releases but one."""
    for path in models.glob(f"{_FEATURES}*"):
        if not path.name.startswith(f"{_FEATURES}{release_id}-"):
            path.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refuse_damaged(folder: Path, card: Card) -> None:
    """Refuse a model that is not the one its card is of.

    Raises:
        TrainingError: its bytes are others.
    """
    path = folder / MODEL_FILE
    if sha256(path) != card.sha256:
        raise TrainingError(
            f"{path} is damaged: its bytes are not those that training wrote."
            " `menagerie train` trains what the recipe asks for now, and `menagerie rollback` goes"
            " back to the former champion."
        )


def is_complete(folder: Path) -> bool:
    """Tell whether a folder holds a whole trained model, its bytes as they were written."""
    if not all((folder / name).is_file() for name in FILES):
        return False
    try:
        return read_card(folder).sha256 == sha256(folder / MODEL_FILE)
    except TrainingError:
        return False


def has_champion(dataset_dir: Path | str) -> bool:
    """Tell whether there is a model in use; servers ask so at each request."""
    return os.path.isfile(f"{dataset_dir}/{POINTER}/{MODEL_FILE}")  # noqa: PTH113 - a fifth of the cost


def champion(dataset_dir: Path) -> Path:
    """Return the folder of the model in use.

    Raises:
        MissingModelError: none was promoted, or its model is gone.
    """
    pointer, name = dataset_dir / POINTER, dataset_dir.name
    if not pointer.is_symlink() and not pointer.exists():
        raise MissingModelError(
            f"The dataset {name!r} has no champion. Run `menagerie train {name}` first."
        )
    folder = dataset_dir / pointer.readlink() if pointer.is_symlink() else pointer
    if not (folder / MODEL_FILE).is_file():
        raise MissingModelError(
            f"The champion of {name!r} is gone: there is no {folder / MODEL_FILE}."
            f" Run `menagerie train {name}` again."
        )
    return folder


def promote(dataset_dir: Path, model_id: str) -> None:
    """Point `champion` at a model, in one step: a reader sees the old one or the new one.

    Raises:
        MissingModelError: there is no complete model of that id.
    """
    folder = dataset_dir / "models" / model_id
    if not is_complete(folder):
        raise MissingModelError(
            f"{folder} is not a complete model. Run `menagerie train {dataset_dir.name}` again."
        )
    point(dataset_dir / POINTER, Path("models") / model_id)
