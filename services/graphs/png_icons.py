"""The layout program leaves pictures out of its PNG (graphviz-pure 0.2.2, tried), so our icons are laid on afterwards."""

import io
from collections.abc import Iterable
from functools import cache

from PIL import Image

from services.graphs import icons


def put(png: bytes, places: Iterable[tuple[str, float, float, float]], scale: float) -> bytes:
    """Lay each icon (file, left, top, size in points) onto the picture, which has `scale` pixels to a point."""
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    for name, left, top, size in places:
        picture.alpha_composite(_icon(name, round(size * scale)), (round(left * scale), round(top * scale)))
    done = io.BytesIO()
    picture.save(done, "PNG", optimize=True)
    return done.getvalue()


@cache
def _icon(name: str, pixels: int) -> Image.Image:
    return Image.open(icons.FOLDER / name).convert("RGBA").resize((pixels, pixels), Image.Resampling.LANCZOS)
