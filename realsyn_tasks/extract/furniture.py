"""Images that are parts of pages rather than pictures: placeholders, tracking pixels, icons.

Told by their size and by the name of their file. The names are those that content systems and
page libraries give them; a picture of something rarely has one.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

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


def _stem(url: str) -> str:
    try:
        path = urlsplit(url).path if not url.startswith("data:") else ""
    except ValueError:
        return ""
    return unquote(path).rsplit("/", 1)[-1].partition(".")[0][:100]
