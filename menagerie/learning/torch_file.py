"""Reading the tensors of a PyTorch file without PyTorch, and without running what it pickles.

What `torch.save` wrote before PyTorch 1.6: five pickles in a row (a magic number, the protocol,
facts of the machine, the tensors without their values, the keys of the storages), and then for
each key the number of its values (little-endian int64) and the values themselves.
"""

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from menagerie.errors import BackboneError

Tensors = Mapping[str, NDArray[Any]]

_MAGIC = 0x1950A86A20F9469CFC6C
_UNREADABLE = (OSError, EOFError, pickle.UnpicklingError, LookupError, TypeError, ValueError)
_STORAGES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "LongStorage": "<i8"}


@dataclass(frozen=True, slots=True)
class _Storage:
    key: str
    dtype: str


@dataclass(frozen=True, slots=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        """Give a tensor its values: those of its storage, in its order."""
        steps = tuple(stride * values.itemsize for stride in self.strides)
        view = np.lib.stride_tricks.as_strided(values[self.offset :], self.shape, steps)
        return np.ascontiguousarray(view)


class _Unpickler(pickle.Unpickler):
    """Admits ordered dictionaries, tensors and storages: nothing that could do anything."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name of the file stands for."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _STORAGES:
            return name
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")

    def persistent_load(self, pid: Any) -> _Storage:
        """Return the storage that an id names: (storage, type, key, device, size, view)."""
        return _Storage(pid[2], _STORAGES[pid[1]])


def _tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_rest: Any
) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


def read_tensors(path: Path, sha256: str) -> Tensors:
    """Read the tensors of a file, by name; it must have this SHA-256.

    Raises:
        BackboneError: the file is missing, another one, or not of this format.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != sha256:
                raise BackboneError(
                    f"{path} does not hold the weights that it should: its SHA-256 is {found}, not"
                    f" {sha256}. Install its package again."
                )
            file.seek(0)
            return _read(file)
    except _UNREADABLE as error:
        raise BackboneError(
            f"The weights in {path} cannot be read: {error}. Install its package again."
        ) from None


def _read(file: IO[bytes]) -> Tensors:
    magic, _protocol, _machine, tensors, keys = (_Unpickler(file).load() for _ in range(5))
    if magic != _MAGIC:
        raise ValueError("it was not written by torch.save")
    dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in tensors.values()}
    values = {key: _values(file, dtypes[key]) for key in keys}
    return {name: tensor.of(values[tensor.storage.key]) for name, tensor in tensors.items()}


def _values(file: IO[bytes], dtype: str) -> NDArray[Any]:
    count = int.from_bytes(file.read(8), "little")
    size = count * np.dtype(dtype).itemsize
    data = file.read(size)
    if len(data) != size:
        raise ValueError("it is cut off")
    return np.frombuffer(data, dtype)
