"""A drawn picture: which scene, at which moment, and what became of the file since."""

from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO

from PIL import Image, ImageEnhance, ImageFilter

from menagerie.sandbox.hashing import Draws, word
from menagerie.sandbox.pictures.irrelevant import draw_irrelevant
from menagerie.sandbox.pictures.scene import draw_animal
from menagerie.sandbox.placeholder import placeholder_png
from menagerie.sandbox.renditions import encode
from menagerie.sandbox.sizes import Dimensions

_STYLE = 1  # counts changes of the drawings: renditions on disk of an older style are not used
_TINY = 60
_SHAPES: tuple[Dimensions, ...] = (
    (640, 480), (640, 480), (640, 427), (640, 427), (480, 640), (427, 640), (640, 640),
)  # fmt: skip
_PANORAMAS: tuple[Dimensions, ...] = ((1100, 240), (1024, 270), (900, 236))


class Look(StrEnum):
    """What is the matter with a picture."""

    PLAIN = "plain"
    RETOUCHED = "retouched"
    IRRELEVANT = "irrelevant"
    BROKEN = "broken"
    BLANK = "blank"
    DARK = "dark"
    BRIGHT = "bright"
    BLURRED = "blurred"
    TINY = "tiny"
    PANORAMA = "panorama"
    PLACEHOLDER = "placeholder"


@dataclass(frozen=True, slots=True)
class DrawnPicture:
    """A picture that is drawn when somebody asks for it.

    `scene` names what is drawn; `moved` counts the moments since the first of a burst, and
    `retouched_by` names the copy that a retouched picture is. `file_format` is the original's.
    """

    subject: str
    scene: str
    look: Look = Look.PLAIN
    moved: int = 0
    retouched_by: str = ""
    file_format: str = "jpg"
    dimensions: Dimensions = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dimensions", _dimensions(self.scene, self.look))

    @property
    def key(self) -> str:
        """Name under which renditions are cached."""
        what = f"{self.subject}/{self.scene}/{self.look}/{self.moved}/{self.retouched_by}"
        return f"style {_STYLE}/{what}"

    @property
    def original_dimensions(self) -> Dimensions:
        """Width and height; drawn files stand upright."""
        return self.dimensions

    def image(self) -> Image.Image | None:
        """Draw the picture, or None where its file is no picture."""
        if self.look in (Look.BROKEN, Look.PLACEHOLDER):
            return None
        return self._image()

    def source(self) -> bytes:
        """Return the file."""
        if self.look is Look.PLACEHOLDER:
            return placeholder_png()
        if self.file_format != "jpg":
            return _lossless(self._image(), self.file_format)
        body = encode(self._image(), 92)
        return _broken(body, Draws(self.scene)) if self.look is Look.BROKEN else body

    def _image(self) -> Image.Image:
        seed, draws = word(self.scene), Draws(self.scene)
        if self.look is Look.IRRELEVANT:
            return draw_irrelevant(self.subject, seed, self.dimensions)
        if self.look is Look.TINY:
            return draw_animal(self.subject, seed, (640, 480)).resize(self.dimensions)
        image = draw_animal(self.subject, seed, self.dimensions, self.moved)
        if self.look is Look.RETOUCHED:
            return _retouched(image, Draws(self.retouched_by))
        return _damaged(image, self.look, draws)


def _dimensions(scene: str, look: Look) -> Dimensions:
    draws = Draws(scene)
    if look is Look.PANORAMA:
        return draws.pick("panorama", _PANORAMAS)
    width, height = draws.pick("shape", _SHAPES)
    if look is Look.TINY:
        longest = max(width, height)
        return width * _TINY // longest, height * _TINY // longest
    return width, height


def _damaged(image: Image.Image, look: Look, draws: Draws) -> Image.Image:
    """Return what a bad exposure or a shaken camera made of a picture."""
    if look is Look.BLANK:
        grey = 90 + draws.below("grey", 120)
        return Image.blend(image, Image.new("RGB", image.size, (grey, grey, grey - 4)), 0.975)
    if look is Look.DARK:
        return ImageEnhance.Brightness(image).enhance(0.06 + 0.06 * draws.unit("exposure"))
    if look is Look.BRIGHT:
        lifted = ImageEnhance.Brightness(image).enhance(2.2)
        return Image.blend(lifted, Image.new("RGB", image.size, (255, 255, 255)), 0.86)
    if look is Look.BLURRED:
        return image.filter(ImageFilter.GaussianBlur(16 + 10 * draws.unit("blur")))
    return image


def _retouched(image: Image.Image, draws: Draws) -> Image.Image:
    """Return a copy as people make them: trimmed, brightened, saved once more."""
    width, height = image.size
    left, top, right, bottom = (0.03 * draws.unit(side) for side in ("l", "t", "r", "b"))
    trimmed = image.resize(
        image.size,
        Image.Resampling.BICUBIC,
        box=(width * left, height * top, width * (1 - right), height * (1 - bottom)),
    )
    brightened = ImageEnhance.Brightness(trimmed).enhance(0.95 + 0.2 * draws.unit("brightness"))
    return Image.open(BytesIO(encode(brightened, 35 + draws.below("quality", 35)))).convert("RGB")


def _lossless(image: Image.Image, file_format: str) -> bytes:
    out = BytesIO()
    image.save(out, file_format)
    return out.getvalue()


def _broken(body: bytes, draws: Draws) -> bytes:
    """Return what is left of a file: its first part, its head and zeros, or something else."""
    kind = draws.below("damage", 3)
    if kind == 0:
        return body[: int(len(body) * (0.2 + 0.5 * draws.unit("part")))]
    if kind == 1:
        return b"<!DOCTYPE html>\n<html><body>Sorry, this is not a photo.</body></html>\n"
    return bytes(len(body) // 2)
