"""The picture that stands in for photos that are no longer there."""

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw

PATH = "/pw/images/en-us/photo_unavailable.png"
PATHS = frozenset({PATH, PATH.replace(".png", "_l.png")})


@cache
def placeholder_png() -> bytes:
    """Draw the placeholder; its bytes never change."""
    image = Image.new("RGB", (500, 374), (243, 245, 246))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((190, 100, 310, 190), radius=12, outline=(165, 172, 178), width=6)
    pen.ellipse((226, 121, 274, 169), outline=(165, 172, 178), width=6)
    pen.line((176, 206, 324, 84), fill=(205, 70, 90), width=7)
    pen.text(
        (250, 245), "This photo is no longer available.", (120, 128, 134), anchor="mm", font_size=20
    )
    out = BytesIO()
    image.save(out, "PNG", optimize=False)
    return out.getvalue()
