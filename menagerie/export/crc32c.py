"""CRC-32C (Castagnoli), which TFRecords carry; Python's `zlib` has the other CRC-32 only.

Byte by byte in Python it takes a hundred times as long as encoding the pictures. But a CRC is
linear: that of a text is the CRC of its first half, moved on by as many zeros as the second half
has bytes, xor the CRC of the second half. So the records of a batch, each cut into lanes, go
through numpy side by side.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]

_POLYNOMIAL = np.uint32(0x82F63B78)
_ONE = np.uint32(1)
_LANES = 8
_WORD_BYTES = 4
# Records are laid out in multiples of so many bytes, so that few lengths ever occur.
_UNIT_BYTES = 1024
_MASK_DELTA = np.uint32(0xA282EAD8)


def crc32c(records: Sequence[bytes]) -> Words:
    """Return the CRC-32C of each record, uint32 (records,); a record has 4 bytes or more."""
    columns = _laid_out(records)
    low, high = _word_tables()
    found: Words = np.zeros(columns[0].shape, np.uint32)
    for words in columns:
        found ^= words
        found = low[found & 0xFFFF] ^ high[found >> 16]
    zeros = len(columns) * _WORD_BYTES
    while found.shape[1] > 1:
        found = _apply(_moving_on(zeros), found[:, 0::2]) ^ found[:, 1::2]
        zeros *= 2
    crcs: Words = np.bitwise_not(found[:, 0])
    return crcs


def masked(crcs: Words) -> Words:
    """Mask CRCs as TFRecords do, since the CRC of data that holds its own CRC is a weak one."""
    turned: Words = (crcs >> np.uint32(15)) | (crcs << np.uint32(17))
    return turned + _MASK_DELTA


def _laid_out(records: Sequence[bytes]) -> Words:
    """Lay records side by side: uint32 (words of a lane, records, lanes), in the order of use.

    Zeros before the shorter ones do not change a CRC that begins with 0. It has to begin with
    ones, which comes to the same as inverting the first four bytes.
    """
    length = -(-max(map(len, records)) // _UNIT_BYTES) * _UNIT_BYTES
    laid = np.zeros((len(records), length), np.uint8)
    for row, record in zip(laid, records, strict=True):
        start = length - len(record)
        row[start:] = np.frombuffer(record, np.uint8)
        row[start : start + _WORD_BYTES] ^= 0xFF
    lanes = laid.view("<u4").reshape(len(records), _LANES, -1)
    return np.ascontiguousarray(lanes.transpose(2, 0, 1), dtype=np.uint32)


@cache
def _word_tables() -> tuple[Words, Words]:
    """What the low and the high half of a CRC become when four zeros follow: uint32 (65536,)."""
    halves = np.arange(1 << 16, dtype=np.uint32)
    following = _moving_on(_WORD_BYTES)
    return _apply(following, halves), _apply(following, halves << np.uint32(16))


@cache
def _moving_on(zeros: int) -> Words:
    """Return what each of the 32 bits of a CRC becomes when so many zero bytes follow."""
    moved = _ONE << np.arange(32, dtype=np.uint32)
    power = _one_zero()
    while zeros:
        if zeros & 1:
            moved = _apply(power, moved)
        power = _apply(power, power)
        zeros >>= 1
    return moved


def _one_zero() -> Words:
    bits = _ONE << np.arange(32, dtype=np.uint32)
    for _ in range(8):
        bits = (bits >> _ONE) ^ ((bits & _ONE) * _POLYNOMIAL)
    return bits


def _apply(images: Words, crcs: Words) -> Words:
    """Xor the images of the bits that are set in each CRC."""
    result = np.zeros(crcs.shape, np.uint32)
    for bit, image in enumerate(images):
        result ^= ((crcs >> np.uint32(bit)) & _ONE) * image
    return result
