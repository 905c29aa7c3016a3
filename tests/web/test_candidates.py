"""Which of the addresses that an image element offers come first."""

from __future__ import annotations

import random

import pytest

from realsyn_tasks.web.candidates import candidates, is_placeholder_src
from realsyn_tasks.web.dom import Picture, read_page
from tests.web.lazy_images import DECOYS, drawn

INLINE = "data:image/jpeg;base64,"
DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


def offered(html: str) -> list[tuple[str, ...]]:
    """What each image of a page offers."""
    nodes = read_page(html, 99, 99).nodes
    return [node.candidates for node in nodes if isinstance(node, Picture)]


@pytest.mark.parametrize("decoys", [0, 3, 6])
def test_lazy_images_are_found_by_what_attributes_hold(decoys: int) -> None:
    images = drawn(1000, decoys, seed=decoys)
    first = [[addresses[0] for addresses in offered(image.html)] for image in images]
    right = sum(given == [image.address] for given, image in zip(first, images, strict=True))
    assert right >= 990


def test_an_address_that_is_shown_stays_before_attributes_of_any_name() -> None:
    for number, image in enumerate(drawn(300, 2)):
        others = image.html.replace(" src=", " data-before=").replace('="1"', '="100"')
        html = others.replace("class=", "data-class=").replace("<img", "<img src='real.jpg'")
        assert offered(html)[0][0] == "real.jpg"
        decoy = DECOYS[number % len(DECOYS)].format(n=number)
        assert offered(f"<img src='real.jpg' class=lazy {decoy}>")[0][0] == "real.jpg"


def test_decoys_alone_never_stand_before_what_is_shown() -> None:
    dice = random.Random(1)
    for _ in range(300):
        decoys = " ".join(dice.sample(DECOYS, 3)).format(n=7)
        [addresses] = offered(f"<img src='/img/placeholder.jpg' {decoys}>")
        assert addresses[0] == "/img/placeholder.jpg"


@pytest.mark.parametrize("shown", ["src='low.jpg'", "src='low.jpg' srcset='low.jpg 20w'"])
def test_a_script_puts_the_attributes_of_lazy_images_in_place(shown: str) -> None:
    lazy = f"<img class='lazyload' {shown} data-srcset='b.jpg 900w, a.jpg 300w' data-src='a.jpg'>"
    assert offered(lazy)[0][:2] == ("b.jpg", "a.jpg")
    done = "<img class='lazyloaded' src='b.jpg' data-src='b.jpg'>"
    assert offered(done) == [("b.jpg",)]


@pytest.mark.parametrize(
    "value",
    [
        *("", "#", "about:blank", "//:0", "https://:0", "data:,", "javascript:void(0)", DOT),
        *("/img/blank.gif", "1x1.png", "loading.gif?v=2", "lazy-placeholder.svg", "x.gif"),
        *("p.jpg?w=20", "/image/upload/w_30,e_blur/p.jpg", "p-32x24.jpg", INLINE + "A" * 900),
    ],
)
def test_what_stands_for_a_picture(value: str) -> None:
    assert is_placeholder_src({"src": value})
    assert candidates({"src": value, "data-any-src": "boat.jpg"})[0] == "boat.jpg"


@pytest.mark.parametrize(
    "value",
    [
        *("a.jpg", "grey-heron.jpg", "blank-canvas.png", "pixel-art-castle.png", "1234.jpg"),
        *("photo-1200x800.jpg", "a.jpg?w=1200", "loading-dock.jpg", INLINE + "A" * 20_000),
    ],
)
def test_what_is_a_picture(value: str) -> None:
    assert not is_placeholder_src({"src": value})
    assert candidates({"src": value, "data-any-src": "boat.jpg"})[0] == value


@pytest.mark.parametrize(
    "value",
    [
        "{'src': 'a.jpg'}",
        "/a/",
        "/a.html",
        "/a.js",
        "{{ photo }}/a.jpg",
        "a b c",
        "x" * 3000,
    ],
)
def test_what_is_no_address_is_not_offered(value: str) -> None:
    assert candidates({"src": "blank.gif", "data-src": value, "data-id": "5"}) == ("blank.gif",)


@pytest.mark.parametrize("kind", ["avif", "webp", "png", "jpeg", "gif", "AVIF", "webp;codecs=x"])
@pytest.mark.parametrize("shown", ["own.jpg", "grey.png", DOT])
def test_the_first_source_that_can_be_decoded_comes_first(kind: str, shown: str) -> None:
    html = "<picture><source type='image/jxl' srcset='a.jxl'><source type='image/heic' srcset=b>"
    html += f"<source type='image/{kind}' srcset='c 1x, d 2x'><source srcset=e><img src='{shown}'>"
    [addresses] = offered(html + "</picture>")
    assert addresses[:3] == ("d", "c", "e")
    assert addresses[-1] == "a.jxl"
    assert ("own.jpg" in addresses[3:4]) == (shown == "own.jpg")


@pytest.mark.parametrize(
    ("media", "fits"),
    [
        *(("", True), ("all", True), ("print", False), ("screen", True), ("only screen", True)),
        *(
            ("(min-width: 800px)", True),
            ("(min-width:2000px)", False),
            ("(max-width: 40em)", False),
        ),
        *(
            ("(width >= 600px)", True),
            ("(400px <= width <= 700px)", False),
            ("(width>90em)", False),
        ),
        *(("(orientation: portrait)", False), ("(orientation:landscape)", True)),
        *(("(prefers-color-scheme: dark)", False), ("(prefers-color-scheme: light)", True)),
        *(("screen and (min-width: 600px) and (max-width: 1400px)", True), ("not print", True)),
        *(("(max-width: 600px), (min-width: 1200px)", True), ("not (min-width: 600px)", False)),
        *(("(min-width: 600px) and (prefers-reduced-motion: reduce)", False), ("(((", False)),
        *(("(max-width: 1px) or (min-width: 1px)", True), ("not all and (monochrome)", True)),
    ],
)
def test_sources_for_other_screens_come_last(media: str, fits: bool) -> None:
    html = f"<picture><source media='{media}' srcset=a.jpg><img src=b.jpg></picture>"
    assert offered(html) == [("a.jpg", "b.jpg") if fits else ("b.jpg", "a.jpg")]


def test_sources_load_lazily_too() -> None:
    html = "<source data-srcset='big.jpg 800w, small.jpg 300w' type=image/jpeg>"
    assert offered(f"<picture>{html}<img src=grey.png></picture>") == [("big.jpg", "small.jpg")]
    html = f"<source srcset='{DOT}' data-srcset='big.jpg 800w'>"
    assert offered(f"<picture>{html}<img src='{DOT}'></picture>") == [("big.jpg",)]


def test_what_cannot_be_decoded_comes_last_but_stays() -> None:
    html = "<img srcset='a.jxl 900w, b.jpg 300w' src=c.heic>"
    assert offered(html) == [("b.jpg", "a.jxl", "c.heic")]
    assert offered("<img src=a.svg>") == [("a.svg",)]


@pytest.mark.parametrize("name", ["src", "data-src", "data-original", "data-full-image"])
def test_a_noscript_element_repeats_the_image_before_it(name: str) -> None:
    lazy = f"<img {name}='a.jpg'>" if name == "src" else f"<img src='{DOT}' {name}='a.jpg'>"
    assert offered(f"{lazy}<noscript><img src=a.jpg></noscript>") == [("a.jpg",)]
    assert offered(f"{lazy}<noscript><img src=b.jpg></noscript>") == [("a.jpg", "b.jpg")]


def test_no_image_offers_more_than_somebody_would_look_for() -> None:
    many = ", ".join(f"{n}.jpg {n}w" for n in range(1, 2000))
    assert len(offered(f"<img srcset='{many}' src=a.jpg>")[0]) <= 24
    [addresses] = offered(f"<img srcset='{many}' src=a.jpg>")
    assert "a.jpg" in addresses
