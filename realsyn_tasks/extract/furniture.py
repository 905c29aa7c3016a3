"""Images that are parts of pages rather than pictures: placeholders and icons.

They are told by what they show: a sign or a word on one colour. The name of the file is a hint
only, which lowers what it takes: many a photograph is called loading.jpg or arrow-frog.jpg.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from realsyn_tasks.pictures.ground import Ground

CLEAN = 0.9  # of the ground; only what was made by a machine has so much of exactly one colour
SHADED = 8.0  # of 0..255; what stands on the ground has a surface, as photographed things have
_PALE = (22.0, 130.0)  # of 0..255; contrasts of signs that are not to draw the eye
_SOLID = 0.01  # of the pixels; a sign is more than lines
_LINE_OF_TEXT = 0.2  # of the height
_GRAIN = 2.0  # of 0..255
_MOSTLY_DRAWN = 0.5  # of the inner cells; a drawing, whatever its name
_FIGURE = 0.3  # of the height; thin lines that reach so far are a drawing
_SIZE = r"(?:[-_.]?\d{1,4}(?:x\d{1,4})?)?"
_PLACEHOLDER = re.compile(
    rf"(?:(?:lazy[-_]?)?(?:placeholder|spacer|blank|transparent|pixel|clear|dot|1x1|loading|loader)"
    r"|(?:img|image|photo|picture)[-_]?placeholder|placeholder[-_]?(?:img|image|photo|picture)"
    r"|no[-_]?(?:img|image|images|photo|picture|thumb|thumbnail|cover|avatar|preview)"
    r"(?:[-_]?(?:available|found|yet))?"
    r"|(?:img|image|photo|picture)[-_]?(?:un|not[-_]?)(?:available|found)"
    r"|(?:image|photo|picture)[-_]?(?:coming[-_]?soon|missing)|missing[-_]?(?:image|photo)"
    r"|default[-_]?(?:avatar|user|profile|thumb|thumbnail|image)|mystery[-_]?(?:man|person))"
    rf"{_SIZE}",
    re.IGNORECASE,
)
_ICON = re.compile(
    rf"(?:fav[-_]?icon|apple[-_]touch[-_]icon(?:[-_]precomposed)?|icons?|sprites?"
    r"|(?:fa|ico|icon|btn|button|bullet|arrow|emoji|smiley)[-_][\w-]+|[\w-]+[-_](?:icon|sprite)s?)"
    rf"{_SIZE}",
    re.IGNORECASE,
)


def is_placeholder_name(url: str) -> bool:
    """Say whether a file is named like an image that stands for another one."""
    return _PLACEHOLDER.fullmatch(_stem(url)) is not None


def is_icon_name(url: str) -> bool:
    """Say whether a file is named like an icon, a button or a sheet of them."""
    return _ICON.fullmatch(_stem(url)) is not None


def is_sign(ground: Ground) -> bool:
    """Say whether a picture is a pale grey sign, or a line of text, on another grey."""
    return (
        ground.clean >= CLEAN
        and ground.share >= 0.5
        and ground.is_grey
        and _PALE[0] <= ground.contrast <= _PALE[1]
        and ground.shading <= SHADED
        and (ground.solid >= _SOLID or ground.height <= _LINE_OF_TEXT)
    )


def is_hardly_anything(ground: Ground) -> bool:
    """Say whether what stands on the ground is neither a drawing nor a thing with a surface."""
    return ground.height < _FIGURE and ground.shading <= SHADED


def is_graphic(ground: Ground) -> bool:
    """Say whether a picture is flat and hardly drawn upon, and most of it has one clean colour."""
    plain = ground.clean >= CLEAN and ground.share >= 0.4 and ground.contrast >= _PALE[0]
    return plain and ground.shading <= SHADED and ground.drawn < _MOSTLY_DRAWN


def is_icon(ground: Ground) -> bool:
    """Say whether a small picture has a clean ground, and nothing with a camera's grain on it."""
    return ground.clean >= CLEAN and ground.share >= 0.1 and ground.grain < _GRAIN


def _stem(url: str) -> str:
    try:
        path = urlsplit(url).path if not url.startswith("data:") else ""
    except ValueError:
        return ""
    return unquote(path).rsplit("/", 1)[-1].partition(".")[0][:100]
