"""Image elements of lazily loading pages: names of attributes, addresses, placeholders, decoys."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

NAMES = """
data-src data-original data-lazy-src data-lazy data-actualsrc data-url data-echo data-hires
data-cfsrc data-lazyload data-ll-src data-orig-src data-original-src data-pagespeed-lazy-src
real_src data-real-src data-realsrc data-image data-img data-imgsrc data-img-src data-image-src
data-full data-full-src data-fullsrc data-large data-large-src data-large-file data-src-large
data-highres data-hi-res-src data-hd-src data-retina data-src-retina data-2x-src data-zoom-src
data-zoom-image data-zoom data-file data-file-src data-delayed-url data-defer-src data-deferred-src
data-load-src data-onload-src data-loadsrc data-runner-src data-flickity-lazyload data-natural-src
data-noscript-src data-ezsrc data-breeze data-litespeed-src nitro-lazy-src lazy-src lazysrc
original-src data-bg-src data-media-src data-opt-src data-wpfc-original-src
data-sf-src data-owl-src data-iesrc
""".split()
SETS = "data-srcset data-lazy-srcset data-orig-srcset data-original-set lazy-srcset".split()

_N = "{n}"  # a number, so that no two addresses are the same
ADDRESSES = [
    "photo-{n}.jpg",
    "../media/IMG_{n}.JPG",
    "/uploads/2024/05/harbour-{n}.jpeg?v=3",
    "https://cdn.example/pictures/{n}.webp",
    "//static.example/{n}/large.png",
    "/_next/image?url=%2Fphotos%2Fboat-{n}.jpg&w=1200&q=75",
    "https://images.example/photo-{n}?auto=format&fit=crop&w=900",
    "https://cdn.example/media/{n}",
    "https://img.example/shots/{n}.jpg!w600",
    "https://res.example/image/upload/w_600,c_fill/v1/boat_{n}.avif",
    "https://pbs.example/media/{n}.jpg:large",
    "/image.php?id={n}",
]
PLACEHOLDERS = [
    'src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"',
    "src=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E\"",
    'src="data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAoHBwgHBgoICAgLCgoLDhgQDg0N"',
    'src=""',
    'src="#"',
    'src="about:blank"',
    'src="//:0"',
    "",
    'src="/img/blank.gif"',
    'src="/assets/1x1.trans.gif"',
    'src="https://cdn.example/loading.gif"',
    'src="/img/grey.png"',
    'src="/img/placeholder-400x300.png"',
    'src="/lazyload-placeholder.jpg"',
    'src="/img/ajax-loader.svg"',
    'src="https://a.example/photo-0.jpg" width="1" height="1"',
]
DECOYS = """
data-thumb="/thumbs/{n}.jpg"
data-thumb-src="/t/{n}.jpg"
data-thumbnail="https://cdn.example/t/{n}.jpg"
data-avatar="/avatars/{n}.png"
data-lqip="/lqip/{n}.jpg"
data-lowsrc="/low/{n}.jpg"
data-low-res-src="/low2/{n}.jpg"
data-tiny-src="/tiny/{n}.jpg"
data-pixel="https://track.example/p/{n}.gif"
data-track-url="https://track.example/i/{n}"
data-beacon-src="https://beacon.example/{n}.gif"
data-hover="/hover/{n}.jpg"
data-hover-src="/hover2/{n}.jpg"
data-rollover-src="/over/{n}.jpg"
data-error-src="/error/{n}.png"
data-fallback-src="/fallback/{n}.jpg"
data-share-image="/share/{n}.jpg"
data-pin-media="https://pin.example/{n}.jpg"
data-medium-file="/m/{n}-300x200.jpg"
data-small-src="/s/{n}.jpg"
data-mobile-src="/mobile/{n}.jpg"
data-preview-src="/preview/{n}.jpg"
data-icon="/icons/{n}.png"
data-logo-src="/logo/{n}.png"
data-swap-src="/swap/{n}.jpg"
data-permalink="https://blog.example/?p={n}"
data-href="/photo/{n}.jpg"
data-page-url="https://blog.example/2024/05/post-{n}/"
data-link="https://shop.example/item/{n}.html"
data-file-page="/wiki/File:Boat_{n}.jpg.html"
data-image-meta='{{"aperture":"5.6","iso":"{n}"}}'
data-sources='[{{"src":"/json/{n}.jpg"}}]'
data-image-caption="A boat, harbour-{n}.jpg"
data-image-title="boat {n}.jpg"
data-image-name="boat-{n}.jpg"
data-attrs='{{"href":"/x/{n}.jpg"}}'
data-sizes="(max-width: 600px) 100vw, 600px"
data-aspectratio="4/3"
data-id="{n}"
data-orig-size="{n},800"
data-image-dimensions="{n}x800"
data-script="/js/gallery-{n}.js"
""".strip().splitlines()


@dataclass(frozen=True)
class Lazy:
    """An image element, and the address of the picture that its page would load."""

    html: str
    address: str


def lazy_images(decoys: int = 0, seed: int = 0) -> Iterator[Lazy]:
    """Give every name with every form of address and every placeholder, with so many decoys."""
    dice = random.Random(seed)
    number = 1000
    for name in [*NAMES, *SETS]:
        for form in ADDRESSES:
            for placeholder in PLACEHOLDERS:
                number += 1
                yield _image(name, form.format(n=number), placeholder, decoys, dice)


def drawn(count: int, decoys: int, seed: int = 0) -> list[Lazy]:
    """Draw some of them."""
    dice = random.Random(seed)
    return [
        _image(
            dice.choice([*NAMES, *SETS]),
            dice.choice(ADDRESSES).format(n=1000 + number),
            dice.choice(PLACEHOLDERS),
            decoys,
            dice,
        )
        for number in range(count)
    ]


def _image(name: str, address: str, placeholder: str, decoys: int, dice: random.Random) -> Lazy:
    value = f"/small/of{address[-6:]} 300w, {address} 1200w" if name in SETS else address
    drawn_decoys = [decoy for decoy in dice.sample(DECOYS, decoys) if decoy.split("=")[0] != name]
    attributes = [
        placeholder,
        f'{name}="{value}"',
        *(decoy.format(n=dice.randrange(1000, 9999)) for decoy in drawn_decoys),
        dice.choice(["", 'class="lazy"', 'class="lazyload blur-up"', 'alt="A boat.jpg"']),
    ]
    dice.shuffle(attributes)
    return Lazy(f"<img {' '.join(filter(None, attributes))}>", address)
