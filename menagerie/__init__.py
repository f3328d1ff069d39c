"""Build image-classification datasets from Flickr and keep them fresh."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from menagerie.release.arrays import Samples

__version__ = "0.1.0"


def load_data(name: str, release: str = "current") -> tuple["Samples", "Samples"]:
    """Load a dataset as Keras users expect: `(x_train, y_train), (x_test, y_test)`.

    Images are uint8 (photos, size, size, 3), mapped from the files and so never whole in
    memory; class numbers are int64 (photos,). `release` is an id or `current`.

    Raises:
        MissingReleaseError: there is no such release.
    """
    from menagerie.release.arrays import read_samples
    from menagerie.release.publish import current_release
    from menagerie.settings import load_settings

    dataset = load_settings().dataset_dir(name)
    folder = current_release(dataset) if release == "current" else dataset / "releases" / release
    return read_samples(folder, "train"), read_samples(folder, "test")
