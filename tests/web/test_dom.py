"""From HTML to paragraphs and pictures."""

from __future__ import annotations

import pytest

from realsyn_tasks.web.dom import MAX_NAME, Page, Picture, read_page


def parse(html: str, max_nodes: int = 1_000, max_images: int = 100) -> Page:
    return read_page(html, max_nodes, max_images)


def shape(html: str) -> list[str]:
    """Texts as they are, pictures as [address]."""
    nodes = parse(html).nodes
    return [node if isinstance(node, str) else f"[{node.candidates[0]}]" for node in nodes]


def pictures(html: str) -> list[Picture]:
    return [node for node in parse(html).nodes if isinstance(node, Picture)]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h1>Title</h1><p>One.</p>Loose<p>Two.</p>", ["Title", "One.", "Loose", "Two."]),
        ("<p>a <b>bold</b>, <a href=x>linked</a> wo<i>rd</i></p>", ["a bold, linked word"]),
        ("<p>  many\n\t blanks here </p>", ["many blanks here"]),
        ("one<br>line<br><br>next<br/> <br/>last", ["one line", "next", "last"]),
        ("<ul><li>a<li>b</ul><dl><dt>c<dd>d</dl>", ["a", "b", "c", "d"]),
        ("<table><tr><td>a<td>b<tr><td>c</table>", ["a", "b", "c"]),
        ("<div>x<div>y</div>z</div>", ["x", "y", "z"]),
        ("<p>One.</p><img src=a><p>Two.</p>", ["One.", "[a]", "Two."]),
        ("<p>One. <img src=a> Two.</p>", ["One.", "[a]", "Two."]),
        ("<p>Press the <img src=a> button.</p>", ["Press the button.", "[a]"]),
        ("<p>&lt;b&gt; &amp; &#x263A;</p>", ["<b> & ☺"]),
        ("", []),
    ],
)
def test_order_and_paragraphs(html: str, expected: list[str]) -> None:
    assert shape(html) == expected


@pytest.mark.parametrize(
    "furniture",
    [
        "<script>x</script>",
        "<style>x</style>",
        "<!-- x -->",
        "<nav>x</nav>",
        "<header>x</header>",
        "<footer>x</footer>",
        "<aside>x</aside>",
        "<form>x<input value=x></form>",
        "<noscript>x<img src=x width=1 height=1></noscript>",
        "<noscript><p>x</p><img src=x style='display: none'></noscript>",
        "<svg><text>x</text></svg>",
        "<template><p>x</p></template>",
        "<iframe src=x>x</iframe>",
        "<div class='navheader'>x<img src=x></div>",
        "<div class='a printfooter b'>x</div>",
        "<div id=footer>x</div>",
        "<div title=menu>x</div>",
        "<ul role=navigation><li>x</ul>",
        "<p hidden>x</p>",
        "<div style='display: none'>x</div>",
        "<img src=x style='visibility:hidden'>",
    ],
)
def test_furniture_is_left_out(furniture: str) -> None:
    assert shape(f"<p>One.</p>{furniture}<p>Two.</p>") == ["One.", "Two."]


def test_an_article_is_kept_whatever_is_around_it() -> None:
    html = "<div class=sidebar><article><header><h1>T</h1></header><p>One.</p></article></div>"
    assert shape(html) == ["T", "One."]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("src=a.jpg", ("a.jpg",)),
        ("src=a.jpg srcset='b.jpg 480w, c.jpg 1200w'", ("c.jpg", "b.jpg", "a.jpg")),
        ("src=a.jpg srcset='b.jpg 1.5x, c.jpg 3x,d.jpg'", ("c.jpg", "b.jpg", "d.jpg", "a.jpg")),
        ("src='data:image/gif;base64,R0lG' data-src=a.jpg", ("a.jpg",)),
        ("data-original=' a.jpg '", ("a.jpg",)),
        ("data-srcset='b.jpg 2x' src=a.jpg", ("a.jpg", "b.jpg")),
        ("data-srcset='b.jpg 2x' src=a.jpg class=lazyload", ("b.jpg", "a.jpg")),
    ],
)
def test_addresses_of_an_image_best_first(attributes: str, expected: tuple[str, ...]) -> None:
    assert [picture.candidates for picture in pictures(f"<img {attributes}>")] == [expected]


@pytest.mark.parametrize(
    "name",
    [
        *("data-src", "data-original", "data-lazy-src", "data-lazy", "data-actualsrc", "data-url"),
        *("srcset", "data-srcset", "data-lazy-srcset"),
    ],
)
def test_lazy_addresses_stand_before_the_address_shown_first(name: str) -> None:
    (picture,) = pictures(f"<img src=grey.gif {name}=a.jpg>")
    assert picture.candidates == ("a.jpg",)


def test_sources_of_a_picture_element_stand_before_its_own_addresses() -> None:
    html = (
        "<picture><source srcset='big.webp 2x, small.webp 1x'><source data-srcset=l.png>"
        "<img src=own.jpg></picture><img src=other.jpg>"
    )
    found = [node for node in read_page(html, 9, 9).nodes if isinstance(node, Picture)]
    assert [picture.candidates[:3] for picture in found] == [
        ("big.webp", "small.webp", "l.png"),
        ("other.jpg",),
    ]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<img src=data:, data-src=a.jpg><noscript><img src=a.jpg></noscript>", [("a.jpg",)]),
        (
            "<img data-srcset='b.jpg 900w'> <noscript><img src=a.jpg></noscript>",
            [("b.jpg", "a.jpg")],
        ),
        ("<img src=grey.gif><noscript><img src=a.jpg></noscript>", [("a.jpg",)]),
        (
            "<picture><img src=grey.gif></picture><noscript><img srcset='a.jpg 2x'></noscript>",
            [("a.jpg",)],
        ),
        ("<div class=lazy><noscript><img src=a.jpg></noscript></div>", [("a.jpg",)]),
        (
            "<noscript><picture><source srcset=b.webp><img src=a.jpg></picture></noscript>",
            [("b.webp", "a.jpg")],
        ),
        (
            "<img src=a.jpg><p>Text.</p><noscript><img src=b.jpg></noscript>",
            [("a.jpg",), ("b.jpg",)],
        ),
        ("<img><noscript><img src=a.jpg></noscript>", [("a.jpg",)]),
        (
            "<img src=g.gif><noscript><img src=a.jpg><img src=b.jpg></noscript>",
            [("a.jpg",), ("b.jpg",)],
        ),
    ],
)
def test_images_of_lazily_loading_pages(html: str, expected: list[tuple[str, ...]]) -> None:
    found = [picture.candidates for picture in pictures(html)]
    assert [urls[: len(wanted)] for urls, wanted in zip(found, expected, strict=True)] == expected
    assert not any(isinstance(node, str) and node != "Text." for node in parse(html).nodes)


def test_what_is_for_readers_without_scripts_keeps_alt_and_caption() -> None:
    html = (
        "<figure><img src=grey.gif><noscript>Scripts! <img src=a.jpg alt='A fox'></noscript>"
        "<figcaption>It sleeps.</figcaption></figure>"
    )
    (picture,) = pictures(html)
    assert (picture.candidates, picture.alt) == (("a.jpg",), "A fox")
    assert picture.caption == "It sleeps."
    assert shape(html) == ["[a.jpg]", "It sleeps."]


def test_an_image_without_an_address_is_no_image() -> None:
    assert parse("<p>One.</p><img alt=x><img src=''>").nodes == ["One."]


def test_figure_captions() -> None:
    html = (
        "<figure><img src=a alt=' A  cat '><figcaption>A <b>cat</b> sleeps.</figcaption></figure>"
    )
    (picture,) = pictures(html)
    assert (picture.alt, picture.caption) == ("A cat", "A cat sleeps.")
    assert shape(html) == ["[a]", "A cat sleeps."]


def test_docbook_figures_as_in_the_gimp_manual() -> None:
    html = """
    <div class="figure"><p class="title"><strong>Figure 1. Tiles.</strong></p>
      <div class="figure-contents">
        <div class="mediaobject"><img src="a"/><div class="caption"><p>Original</p></div></div>
        <div class="mediaobject"><img src="b"/><div class="caption"><p>Filtered</p></div></div>
      </div></div><p class="title">Not a caption.</p><img src="c"/>"""
    captions = [picture.caption for picture in pictures(html)]
    assert captions == ["Figure 1. Tiles. Original", "Figure 1. Tiles. Filtered", ""]
    assert shape(html)[:3] == ["Figure 1. Tiles.", "[a]", "Original"]


def test_mediawiki_thumbnails() -> None:
    html = (
        "<div class='thumb'><div class='thumbinner'><img src=a> "
        "<div class='thumbcaption'>Big Ben</div></div></div>"
    )
    assert [picture.caption for picture in pictures(html)] == ["Big Ben"]


@pytest.mark.parametrize(
    ("meta", "mark"),
    [
        ("<meta name=robots content='index, NOAI'>", "meta robots noai"),
        ("<meta name=Robots content=noimageai>", "meta robots noimageai"),
        ("<meta name=tdm-reservation content=1>", "meta tdm-reservation 1"),
        ("<meta name=tdm-reservation content=0>", ""),
        ("<meta name=robots content=noindex>", ""),
        ("<meta name=description content=noai>", ""),
    ],
)
def test_opt_out_marks(meta: str, mark: str) -> None:
    assert parse(f"<head>{meta}</head><p>Ours.</p>").opt_out == mark


def test_the_base_address() -> None:
    assert parse("<base href='https://other.example/x/'><p>One.</p>").base.endswith("/x/")


def test_long_pages_are_cut() -> None:
    page = parse("<p>One.</p>" * 50 + "<img src=a>", max_nodes=10)
    assert (len(page.nodes), page.cut) == (10, True)
    page = parse("<img src=a><img src=b><img src=c><p>One.</p>", max_images=2)
    assert (len(page.nodes), page.cut) == (3, True)
    assert not parse("<p>One.</p>", max_nodes=1).cut


@pytest.mark.parametrize(
    "html",
    ["<p", "<img src='", "<" * 5_000, "<p>" * 20_000 + "x", "<table><b><table><b>x", "\x00<p>x"],
)
def test_broken_markup_is_survived(html: str) -> None:
    parse(html)


def test_deep_nesting_needs_no_stack() -> None:
    html = "<div>" * 900 + "<figure class=thumb>" * 90 + "x.<img src=a>" + "</figure>" * 90
    assert shape(html) == ["x.", "[a]"]


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title> A \n tram </title><p>x", "A tram"),
        ("<head></head><body><svg><title>Icon</title></svg><p>x", ""),
        ("<p>x", ""),
        (f"<title>{'word ' * 500}</title>", "word " * 59 + "word"),
        (f"<title>{'a' * 9_999}</title>", "a" * MAX_NAME),
    ],
)
def test_the_title_is_one_line_of_bounded_length(html: str, title: str) -> None:
    assert parse(html).title == title


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        *(("en", "en"), ("EN-gb", "en"), ("de_AT", "de"), (" fr ", "fr"), ("zh-Hant-TW", "zh")),
        *(("eng", "en"), ("gsw", "gsw"), ("english", ""), ("", ""), ("x-klingon", ""), ("<>", "")),
    ],
)
def test_the_language_is_the_primary_subtag(tag: str, language: str) -> None:
    assert parse(f"<html lang='{tag}'><p>x").language == language
    assert parse(f"<html xml:lang='{tag}'><p>x").language == language


def test_a_picture_knows_the_nearest_heading_above() -> None:
    html = (
        "<img src=a><h1>Trams <i>of</i> the city</h1><p>x</p><img src=b>"
        "<h2><img src=c>On hills</h2>"
        "<div><img src=d></div><h3></h3><img src=e><nav><h2>Menu</h2></nav><img src=f>"
    )
    expected = ["", "Trams of the city", "Trams of the city", *["On hills"] * 3]
    assert [picture.heading for picture in pictures(html)] == expected


def test_headings_and_captions_are_labels_and_prose_is_not() -> None:
    page = parse(
        "<h1>Trams</h1><p>One.</p><figure><img src=a><figcaption>A tram.</figcaption></figure>"
        "<p>Two.</p><p class=caption>No figure around.</p>"
    )
    assert [node for number, node in enumerate(page.nodes) if number in page.labels] == [
        "Trams",
        "A tram.",
    ]


def test_captions_are_those_that_a_picture_has() -> None:
    page = parse(
        "<h1>Trams</h1><figure><img src=a><figcaption>A tram.</figcaption></figure>"
        "<figure><blockquote>So.</blockquote><figcaption>Said in a tram.</figcaption></figure>"
        "<figure><figure><img src=b></figure><figcaption>Two trams.</figcaption></figure>"
    )
    captions = [node for number, node in enumerate(page.nodes) if number in page.captions]
    assert captions == ["A tram.", "Two trams."]


def test_headings_are_of_bounded_length() -> None:
    [picture] = pictures(f"<h1>{'word ' * 500}</h1><img src=a>")
    assert len(picture.heading) <= MAX_NAME
