"""Which addresses an image element offers for its picture, the likeliest first.

A browser takes src, srcset and the sources of a picture element. A page that loads lazily puts a
placeholder there, and the real address into some attribute for its script. Such an attribute is
known by what it holds, since every library has its own name for it; the name ranks only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from realsyn_tasks.text.whitespace import word_set
from realsyn_tasks.web.media import suits_screen
from realsyn_tasks.web.srcset import best_of_srcset, is_srcset

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

Attributes = Mapping[str, str | None]

MAX_CANDIDATES = 24
_MAX_ADDRESS = 2048  # characters
_MAX_SET = 1 << 16  # characters
_MAX_OF_SET = 12  # addresses before src
_INLINE_PICTURE = 8192  # characters of a data: URI; a shorter one stands for another picture
_BEACON = 3  # px

_NO_OFFERS = word_set(
    "src srcset sizes alt class id style title href type media width height loading decoding"
    " fetchpriority crossorigin referrerpolicy role name usemap longdesc border align hspace vspace"
)
_READABLE = re.compile(r"image/(?:jpe?g|pjpeg|a?png|gif|webp|avif|bmp|x-ms-bmp)")
_FILE = re.compile(
    r"\.(?:jpe?g|jpe|jfif|pjpeg|a?png|gif|webp|avif|bmp)"
    r"(?:[!@:_~][\w!@.,-]{0,40}|/[\w,.:=!@-]{0,60})?(?:[?#&]|$)",
    re.IGNORECASE,
)
_ESCAPED_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:%3f|%26|&|$)", re.IGNORECASE)
_PHOTOGRAPH = re.compile(r"\.(?:jpe?g|webp|avif)(?:[?#]|$)", re.IGNORECASE)
_UNREADABLE_FILE = re.compile(r"\.(?:jxl|hei[cf]|jp2|jpx|tiff?|svgz?|ico|psd)(?:[?#]|$)", re.I)
_NO_PICTURE = re.compile(
    r"\.(?:x?html?|php\d?|aspx?|jsp|js|css|json|xml|txt|pdf|mp[34]|m4[av]|webm|og[gv]|zip)$|/$",
    re.IGNORECASE,
)
_OF_A_PICTURE = re.compile(
    r"src|lazy|load|orig|real|natural|echo|ima?ge?|full|large|hi(?:gh)?-?res|hd|retina|zoom|file|url|bg|media"
)
_OF_THE_SOURCE = re.compile(r"src|lazy|orig")
_OF_ANOTHER = re.compile(
    r"thumb|avatar|small|medium|tiny|lqip|preview|pixel|track|beacon|placehold|fallback|error"
    r"|hover|rollover|mouseover|swap|icon|logo|share|mobile|href|link|attrs|caption|title|name|desc"
    r"|(?:^|[-_:])(?:low|over|out|pin|size|blur|blank|dummy|loading|loader|spinner|alt|page[-_:])"
)
_DOT_SIZE = re.compile(r"\d{1,2}x\d{1,2}")
_LAZY_CLASS = re.compile(r"(?:^|[\s_-])lazy(?:load)?(?:\s|$)", re.IGNORECASE)
_AWAITED = (False, False, False, True)  # a rank: a readable file in an attribute named for it
_PLACEHOLDER = word_set(
    "blank spacer placeholder placehold loading loader lazy lazyload pixel transparent trans grey"
    " gray dummy empty spinner noimage noimg clear dot white shim"
)
_BESIDE_PLACEHOLDER = word_set(
    "img image photo picture pic x px bg background default load no ajax svg thumb t gif the icon"
)
_TO_FILL_IN = re.compile(r"\{\{|\{\w{1,20}\}")  # by a script: image_{width}x.jpg
_NOTHING = re.compile(r"#|about:|data:,?$|(?:https?:)?/*:0|(?:https?:)?/*$", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"javascript:|blob:|mailto:", re.IGNORECASE)
_TINY = re.compile(
    r"[?&](?:w|width|h|height)=\d{1,2}(?:&|$)|[/,][wh]_\d{1,2}[,/]|-\d{1,2}x\d{1,2}\.\w+$"
    r"|[?&/,_-](?:blur|lqip|e_blur)\b",
    re.IGNORECASE,
)


def candidates(attributes: Attributes, sources: Sequence[Attributes] = ()) -> tuple[str, ...]:
    """Give the addresses that an image element offers, in the order in which to look for them.

    `sources` are the attributes of the source elements before it in its picture element, in order.
    First comes what a browser shows; a placeholder gives way to what else looks like a picture.
    """
    fitting = [source for source in sources if _fits(source)]
    other = [source for source in sources if not _fits(source)]
    shown = [address for source in fitting for address in _offered(source)]
    own = _offered(attributes)
    last = [address for source in other for address in _offered(source)]
    stand_ins = _stand_ins(attributes)
    if shown or own:
        stand_ins = [address for address in stand_ins if not _is_empty_drawing(address)]
    return _best([*shown, *own, *last, *stand_ins])


def is_placeholder_src(attributes: Attributes) -> bool:
    """Say whether src is missing or holds what stands for a picture that comes later."""
    return _is_placeholder(_text(attributes, "src")) or _is_speck(attributes)


def is_beacon(attributes: Attributes) -> bool:
    """Say whether an image is declared to be a pixel or two large: it counts visits."""
    sides = [_text(attributes, side).removesuffix("px") for side in ("width", "height")]
    return all(side.isdecimal() and int(side) <= _BEACON for side in sides)


def is_picture_file(address: str) -> bool:
    """Say whether an address ends like a file of a picture that we can decode."""
    return bool(_FILE.search(address) or _ESCAPED_FILE.search(address))


def sources_of(image: LexborNode) -> list[dict[str, str | None]]:
    """Give the attributes of the source elements of an image's picture element, in order."""
    sources: list[dict[str, str | None]] = []
    sibling = image.prev if image.parent and image.parent.tag == "picture" else None
    while sibling is not None and len(sources) < MAX_CANDIDATES:
        if sibling.tag == "source":
            sources.insert(0, sibling.attributes)
        sibling = sibling.prev
    return sources


def with_fallback(known: Sequence[str], shown: Sequence[str]) -> tuple[str, ...]:
    """Put together what an image offers and what its noscript element shows in its place.

    What the page would load for its readers comes before the fallback, a placeholder after it.
    """
    real = [address for address in known if not _is_placeholder(address)]
    stand_ins = [address for address in known if not _is_empty_drawing(address)]
    return _best([*real, *shown, *stand_ins])


def _offered(attributes: Attributes) -> list[str]:
    """Give the addresses of an element that are no placeholders, the likeliest first.

    A script puts a lazy image's attributes in the place of what is shown first.
    """
    source = [] if is_placeholder_src(attributes) else [_text(attributes, "src")]
    shown = [url for url in best_of_srcset(_text(attributes, "srcset")) if not _is_placeholder(url)]
    ranked = sorted(_ranked(attributes), key=lambda pair: pair[0])
    lazy = [address for _, addresses in ranked for address in addresses]
    awaited = bool(ranked) and ranked[0][0] <= _AWAITED and _is_lazy(attributes)
    first, rest = shown[:_MAX_OF_SET], shown[_MAX_OF_SET:]
    return [*lazy, *first, *source] if awaited else [*first, *source, *lazy, *rest]


def _is_lazy(attributes: Attributes) -> bool:
    return bool(_LAZY_CLASS.search(attributes.get("class") or ""))


def _ranked(attributes: Attributes) -> Iterator[tuple[tuple[bool, ...], list[str]]]:
    for name, value in _values(attributes):
        if not _OF_ANOTHER.search(name):
            addresses = _addresses(name, value)
            if addresses:
                yield _rank(name, value, addresses[0]), addresses


def _rank(name: str, value: str, address: str) -> tuple[bool, ...]:
    """Rank an attribute; lower is likelier. A file's bare name may be just its name."""
    many, source = is_srcset(value), bool(_OF_THE_SOURCE.search(name))
    whole = is_picture_file(address) and (source or "/" in address)
    return (bool(_UNREADABLE_FILE.search(address)), not (many or whole), not source, not many)


def _stand_ins(attributes: Attributes) -> list[str]:
    """Give what is shown before the picture, and what attributes named for others hold."""
    shown = [*best_of_srcset(_text(attributes, "srcset")), _text(attributes, "src")]
    if not is_placeholder_src(attributes):
        return shown
    others = [pair for pair in _values(attributes) if _OF_ANOTHER.search(pair[0])]
    return [*shown, *(address for pair in others for address in _addresses(*pair))]


def _values(attributes: Attributes) -> Iterator[tuple[str, str]]:
    for name, value in attributes.items():
        if value and name not in _NO_OFFERS and not name.startswith(("on", "aria-")):
            yield name, value.strip()


def _addresses(name: str, value: str) -> list[str]:
    """Give the addresses of pictures that an attribute holds; none if it holds something else."""
    if len(value) <= _MAX_SET and is_srcset(value):
        listed = best_of_srcset(value)
        return [url for url in listed if not _is_placeholder(url) and _is_address(name, url)]
    if len(value) > _MAX_ADDRESS or value[:1] in ("", "{", "[", "<", "#") or _is_inline(value):
        return []
    if _is_placeholder(value) or _TO_FILL_IN.search(value):
        return []
    return [value] if _is_address(name, value) else []


def _is_address(name: str, value: str) -> bool:
    named = bool(_OF_A_PICTURE.search(name))
    if " " in value and not named:
        return False
    if is_picture_file(value) or _UNREADABLE_FILE.search(value):
        return True
    spelled = "/" in value or "?" in value
    return named and spelled and " " not in value and not _NO_PICTURE.search(value)


def _is_placeholder(address: str) -> bool:
    # An element is asked about each of its addresses several times.
    return _is_short_placeholder(address) if len(address) <= _MAX_ADDRESS else _stands_in(address)


@lru_cache(maxsize=512)
def _is_short_placeholder(address: str) -> bool:
    return _stands_in(address)


def _stands_in(address: str) -> bool:
    if not address or _NOTHING.match(address) or _NO_ADDRESS.match(address):
        return True
    if _is_inline(address):
        return len(address) < _INLINE_PICTURE or address[:14].lower() == "data:image/svg"
    return bool(_TINY.search(address)) or _is_named_placeholder(address)


def _is_empty_drawing(address: str) -> bool:
    """Say whether an address is of a placeholder and of no photograph's format."""
    return _is_placeholder(address) and not _PHOTOGRAPH.search(address)


def _is_inline(address: str) -> bool:
    return address[:5].lower() == "data:"


def _is_named_placeholder(address: str) -> bool:
    """Say whether every word of a file's name is one of those that placeholders are called by."""
    path = re.split(r"[?#]", address, maxsplit=1)[0]
    stem, _, kind = path.rpartition("/")[2].lower().rpartition(".")
    words = set(re.findall(r"[a-z]+", stem or kind))
    named = bool(words & _PLACEHOLDER) and words <= _PLACEHOLDER | _BESIDE_PLACEHOLDER
    bare = kind == "gif" and len(stem) <= 1
    return named or bare or bool(_DOT_SIZE.fullmatch(stem))


def _is_speck(attributes: Attributes) -> bool:
    sides = [_text(attributes, side).removesuffix("px") for side in ("width", "height")]
    return any(side.isdecimal() and int(side) <= _BEACON for side in sides)


def _fits(source: Attributes) -> bool:
    """Say whether a browser would take a source, and we can decode what it takes."""
    kind = _text(source, "type").partition(";")[0].strip().lower()
    return (not kind or bool(_READABLE.fullmatch(kind))) and suits_screen(_text(source, "media"))


def _text(attributes: Attributes, name: str) -> str:
    return (attributes.get(name) or "").strip()


def _best(addresses: Sequence[str]) -> tuple[str, ...]:
    different = [url for url in dict.fromkeys(addresses) if url and not _NOTHING.match(url)]
    readable = [url for url in different if not _UNREADABLE_FILE.search(url)]
    unreadable = [url for url in different if _UNREADABLE_FILE.search(url)]
    return tuple([*readable, *unreadable][:MAX_CANDIDATES])
