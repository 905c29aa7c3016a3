"""SVG drawings as PNG files: their visible part, on white, with the same bytes everywhere.

Drawings come out of a package, so they are not hostile; what one costs is bounded all the same.
"""

from __future__ import annotations

import io
import re

from PIL import Image

SIDE = 384  # px, of the longer side; more than the embedded encoder looks at
MARGIN = 12  # px around what is drawn
MAX_RATIO = 3.0  # of width and height
_PROBE = 200  # px; enough to see where on its page a drawing stands
_MAX_PAGE = 1600  # px
_ROOT = re.compile(r"<svg\b[^>]*>")
# What reads other files, or looks different where other fonts are installed.
_OUTSIDE = re.compile(r"<(?:\w+:)?(?:image|text|flowRoot|foreignObject|script)\b|<!ENTITY")


def is_self_contained(svg: str) -> bool:
    """Say whether nothing outside a drawing decides what it looks like."""
    return not _OUTSIDE.search(svg)


def render(svg: str) -> bytes | None:
    """Draw what is to be seen on a drawing's page; None if its size is not stated, or nothing."""
    ratio = _ratio(svg)
    if not 1 / MAX_RATIO <= ratio <= MAX_RATIO:
        return None
    box = _page(svg, ratio, _PROBE).getchannel("A").getbbox()
    if box is None:
        return None
    zoom = (SIDE - 2 * MARGIN) / max(box[2] - box[0], box[3] - box[1])
    page = _page(svg, ratio, min(round(_PROBE * zoom), _MAX_PAGE))
    box = page.getchannel("A").getbbox()
    return _on_white(page.crop(box)) if box else None


def _ratio(svg: str) -> float:
    """Width over height of the page, 0 if unknown."""
    root = _ROOT.search(svg)
    if not root:
        return 0.0
    sizes = [re.search(rf'\b{name}\s*=\s*"([\d.]+)', root[0]) for name in ("width", "height")]
    numbers = [float(size[1]) for size in sizes if size]
    if len(numbers) < 2 or "%" in root[0]:
        view = re.search(r'\bviewBox\s*=\s*"[-\d.]+[ ,]+[-\d.]+[ ,]+([\d.]+)[ ,]+([\d.]+)', root[0])
        numbers = [float(view[1]), float(view[2])] if view else []
    return numbers[0] / numbers[1] if len(numbers) == 2 and numbers[1] else 0.0


def _page(svg: str, ratio: float, side: int) -> Image.Image:
    import resvg_py

    width = max(1, round(side * min(ratio, 1.0)))
    png = resvg_py.svg_to_bytes(svg_string=svg, width=width, dpi=96, skip_system_fonts=True)
    return Image.open(io.BytesIO(png)).convert("RGBA")


def _on_white(drawn: Image.Image) -> bytes:
    drawn.thumbnail((SIDE - 2 * MARGIN, SIDE - 2 * MARGIN), Image.Resampling.LANCZOS)
    size = (drawn.width + 2 * MARGIN, drawn.height + 2 * MARGIN)
    canvas = Image.new("RGB", size, "white")
    canvas.paste(drawn, (MARGIN, MARGIN), drawn)
    stream = io.BytesIO()
    canvas.save(stream, "PNG")
    return stream.getvalue()
