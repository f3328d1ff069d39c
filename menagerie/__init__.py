"""Build image-classification datasets from Flickr and keep them fresh."""

from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from menagerie.release.arrays import Samples

__version__ = "0.1.0"


@overload
def load_data(
    name: str, release: str = "current", as_dataset: Literal[False] = False
) -> tuple["Samples", "Samples"]: ...


@overload
def load_data(
    name: str, release: str = "current", *, as_dataset: Literal[True], batch_size: int = 32
) -> tuple[Any, Any]: ...


def load_data(
    name: str, release: str = "current", as_dataset: bool = False, batch_size: int = 32
) -> tuple[Any, Any]:
    """Load a dataset as Keras users expect: `(x_train, y_train), (x_test, y_test)`.

    Images are uint8 (photos, size, size, 3), mapped from the files and so never whole in
    memory; class numbers are int64 (photos,). `release` is an id, its beginning, or `current`.

    With `as_dataset`, return `(train, test)`, each what `fit` and `evaluate` take: a
    `tf.data.Dataset` if the backend of Keras is TensorFlow, else a `keras.utils.PyDataset`. Each
    batch is images uint8 (batch_size, size, size, 3) and class numbers int64 (batch_size,), read
    from the files when it is due, in the order of the rows; the last one may be smaller.

    Raises:
        CallError: no dataset can be called so, or a batch would hold nothing.
        MissingReleaseError: there is no such release.
        TrainingError: its arrays cannot be used as datasets.
    """
    from menagerie.errors import CallError
    from menagerie.history import choose
    from menagerie.recipe import is_name
    from menagerie.release.arrays import read_samples
    from menagerie.release.sharing import bring_release
    from menagerie.settings import load_settings

    if not is_name(name):
        raise CallError(f"No dataset can be called so (received {name!r}). Give its plain name.")
    if not isinstance(batch_size, int) or batch_size < 1:
        raise CallError(
            f"A batch is a whole number of samples, at least one (received {batch_size!r})."
        )
    settings = load_settings()
    bring_release(settings, name, release)
    folder = choose(settings.dataset_dir(name), release)
    if as_dataset:
        from menagerie.learning.pipelines import open_pipeline
        from menagerie.learning.samples import open_release

        opened = open_release(folder)
        train, test = opened.samples("train"), opened.samples("test")
        return open_pipeline(train, batch_size), open_pipeline(test, batch_size)
    return read_samples(folder, "train"), read_samples(folder, "test")
