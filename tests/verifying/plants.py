"""Faults to plant in a release, and which checks are to find each."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.verifying.conftest import Row, Shelf

Plant = Callable[[Shelf], None]
Pixels = NDArray[Any]


# Damage to files: whoever did it left the checksums as they were.


def flip_a_byte_in_x_train(shelf: Shelf) -> None:
    path = shelf.folder / "x_train.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def cut_off_x_test(shelf: Shelf) -> None:
    path = shelf.folder / "x_test.npy"
    path.write_bytes(path.read_bytes()[:-100])


def remove_y_test(shelf: Shelf) -> None:
    (shelf.folder / "y_test.npy").unlink()


def alter_the_recipe(shelf: Shelf) -> None:
    path = shelf.folder / "recipe.toml"
    path.write_text(path.read_text().replace("seed = 29", "seed = 30"))


def add_a_file(shelf: Shelf) -> None:
    (shelf.folder / "notes.txt").write_text("mine")


def remove_the_checksums(shelf: Shelf) -> None:
    (shelf.folder / "checksums.sha256").unlink()


def point_current_nowhere(shelf: Shelf) -> None:
    link = shelf.dataset / "current"
    link.unlink()
    link.symlink_to("releases/000000000000")


def rename_the_release(shelf: Shelf) -> None:
    folder = shelf.folder
    folder.rename(folder.with_name("000000000000"))
    point_current_nowhere(shelf)


DAMAGE: list[tuple[Plant, set[str]]] = [
    (flip_a_byte_in_x_train, {"checksums", "photos"}),
    (cut_off_x_test, {"checksums", "arrays"}),
    (remove_y_test, {"files", "arrays"}),
    (alter_the_recipe, {"checksums", "recipe"}),
    (add_a_file, {"files"}),
    (remove_the_checksums, {"files", "checksums"}),
    (point_current_nowhere, {"current", "files", "checksums", "recipe"}),
    (rename_the_release, {"id", "catalog"}),
]


# Forgeries: checksums, id and catalog agree with the files, so that only their content tells.


def swap_two_labels(shelf: Shelf) -> None:
    def swap(y: Pixels) -> Pixels:
        other = int(np.flatnonzero(y != y[0])[0])
        y[[0, other]] = y[[other, 0]]
        return y

    shelf.edit_array("y_train.npy", swap)


def drop_a_row(shelf: Shelf) -> None:
    shelf.edit_table("manifest.parquet", lambda rows: rows.pop(3))


def add_a_row(shelf: Shelf) -> None:
    def add(rows: list[Row]) -> None:
        last = rows[-1]
        more = {"row": last["row"] + 1, "photo_id": "999", "sha256": f"{9:064x}", "owner": "9@N09"}
        rows.append({**last, **more})

    shelf.edit_table("manifest.parquet", add)


def name_another_file(shelf: Shelf) -> None:
    def change(rows: list[Row]) -> None:
        rows[0]["sha256"] = rows.pop()["sha256"]

    shelf.edit_table("manifest.parquet", change)


def repeat_a_file(shelf: Shelf) -> None:
    shelf.edit_table("manifest.parquet", lambda rows: rows[0].update(sha256=rows[1]["sha256"]))


def change_a_license(shelf: Shelf) -> None:
    def change(rows: list[Row]) -> None:
        other = {row["license"] for row in rows} - {rows[0]["license"]}
        rows[0]["license"] = min(other)

    shelf.edit_table("manifest.parquet", change)


def admit_a_license(shelf: Shelf) -> None:
    shelf.edit_table("manifest.parquet", lambda rows: rows[0].update(license="all-rights-reserved"))


def change_an_owner(shelf: Shelf) -> None:
    shelf.edit_table("manifest.parquet", lambda rows: rows[0].update(owner="1@N99"))


def accept_for_no_reason(shelf: Shelf) -> None:
    shelf.edit_table("manifest.parquet", lambda rows: rows[0].update(reason="blurred"))


def store_labels_as_bytes(shelf: Shelf) -> None:
    shelf.edit_array("y_train.npy", lambda y: y.astype(np.uint8))


def flatten_the_images(shelf: Shelf) -> None:
    shelf.edit_array("x_test.npy", lambda x: x.reshape(len(x), -1))


def drop_an_image(shelf: Shelf) -> None:
    shelf.edit_array("x_test.npy", lambda x: x[:-1])


def pickle_the_labels(shelf: Shelf) -> None:
    shelf.edit_array("y_test.npy", lambda y: y.astype(object))


def swap_two_images(shelf: Shelf) -> None:
    shelf.edit_array("x_train.npy", lambda x: x[[1, 0, *range(2, len(x))]])


def reorder_the_classes(shelf: Shelf) -> None:
    path = shelf.folder / "classes.json"
    path.write_text(json.dumps(json.loads(path.read_text())[::-1]))


def drop_a_credit(shelf: Shelf) -> None:
    path = shelf.folder / "CREDITS.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def credit_somebody_else(shelf: Shelf) -> None:
    path = shelf.folder / "CREDITS.csv"
    creator = shelf.rows()[0]["owner_name"]
    path.write_text(path.read_text().replace(f",{creator},", ",Nobody,"))


def reject_a_sample(shelf: Shelf) -> None:
    sample = shelf.rows()[0]["photo_id"]
    shelf.edit_table("rejected.parquet", lambda rows: rows[0].update(photo_id=sample))


def forge_the_recipe(shelf: Shelf) -> None:
    path = shelf.folder / "recipe.toml"
    path.write_text(path.read_text().replace("max_per_owner = 20", "max_per_owner = 21"))


def lend_an_owner(shelf: Shelf) -> None:
    def change(rows: list[Row]) -> None:
        rows[-1]["owner"] = rows[0]["owner"]

    shelf.edit_table("manifest.parquet", change)


def lend_an_owner_and_an_hour(shelf: Shelf) -> None:
    def change(rows: list[Row]) -> None:
        rows[-1].update(owner=rows[0]["owner"], taken_at=rows[0]["taken_at"])

    shelf.edit_table("manifest.parquet", change)


def cropped(tile: Pixels) -> Pixels:
    image = Image.fromarray(tile).resize((32, 32), Image.Resampling.BICUBIC, (1, 1, 31, 31))
    return np.asarray(image)


def copied(change: Callable[[Pixels], Pixels]) -> Plant:
    """Return how an edited copy of a train sample gets into test."""

    def plant(shelf: Shelf) -> None:
        copy = change(np.load(shelf.folder / "x_train.npy")[0])
        shelf.edit_array("x_test.npy", lambda x: np.concatenate([copy[None], x[1:]]))

    return plant


LEAKS: list[tuple[str, Plant]] = [
    ("brighter", copied(lambda tile: (tile.astype(int) * 15 // 16 + 10).astype(np.uint8))),
    ("mirrored", copied(lambda tile: tile[:, ::-1])),
    ("cropped", copied(cropped)),
]


FORGERIES: list[tuple[Plant, set[str]]] = [
    (swap_two_labels, {"labels"}),
    (drop_a_row, {"manifest", "credits"}),
    (add_a_row, {"manifest", "labels", "credits", "catalog", "photos"}),
    (name_another_file, {"manifest", "credits", "catalog", "photos"}),
    (repeat_a_file, {"manifest", "catalog", "photos"}),
    (change_a_license, {"credits", "licenses"}),
    (admit_a_license, {"credits", "licenses"}),
    (change_an_owner, {"catalog"}),
    (accept_for_no_reason, {"manifest"}),
    (store_labels_as_bytes, {"arrays", "manifest"}),
    (flatten_the_images, {"arrays"}),
    (drop_an_image, {"arrays", "photos"}),
    (pickle_the_labels, {"arrays", "manifest"}),
    (swap_two_images, {"photos"}),
    (reorder_the_classes, {"labels"}),
    (drop_a_credit, {"credits"}),
    (credit_somebody_else, {"credits"}),
    (reject_a_sample, {"rejected"}),
    (forge_the_recipe, {"recipe"}),
    (lend_an_owner, {"catalog", "owners"}),
    (lend_an_owner_and_an_hour, {"catalog", "owners", "bursts"}),
]
