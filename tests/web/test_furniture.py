"""What a page is about is read, whatever its parts are called; what it is not about isn't."""

from __future__ import annotations

import hashlib

import pytest

from tests.web.prose import addresses, paragraphs, texts, variants

WRAPPERS = [
    '<form method="post" action="./p.aspx"><input type="hidden" value="x">{}</form>',
    '<form action="/search"><input name="q">{}</form>',
    '<div class="content with-sidebar sidebar">{}</div>',
    '<section class="menu">{}</section>',
    '<div id="toc" class="table-of-contents">{}</div>',
    '<div id="comments">{}</div>',
    '<div class="page-header">{}</div>',
    '<div class="noprint related-content">{}</div>',
    '<aside class="widget">{}</aside>',
    "<header>{}</header>",
    "<footer>{}</footer>",
    '<div role="navigation">{}</div>',
    '<div class="newsletter subscribe share">{}</div>',
    '<div class="cookie-consent">{}</div>',
    "<my-app><x-shell>{}</x-shell></my-app>",
    "<center><font size=2>{}</font></center>",
    '<div style="visibility:hidden">{}</div>',
    '<div style="opacity: 0">{}</div>',
    '<div class="hidden">{}</div>',
    '<div aria-hidden="true">{}</div>',
    "<div hidden>{}</div>",
    "<map name=m>{}</map>",
    "<table><tr><td>{}</td></tr></table>",
]
JUNK = [
    "<nav><p>{}</p></nav>",
    "<footer>{}</footer>",
    '<div class="site-footer"><p>{}</p></div>',
    '<div id="onetrust-banner-sdk"><p>{}</p></div>',
    '<div id="CybotCookiebotDialog"><p>{}</p></div>',
    '<div class="cc-window cc-banner"><p>{}</p></div>',
    '<div id="cookie-law-info-bar"><p>{}</p></div>',
    '<div class="gdpr-cookie-notice"><p>{}</p></div>',
    '<div class="newsletterSignup"><p>{}</p></div>',
    '<div class="paywall"><p>{}</p></div>',
    '<section class="RelatedPosts"><h3>{}</h3></section>',
    '<div class="recommended-for-you"><article><p>{}</p></article></div>',
    '<ol class="comment_list"><li>{}</li></ol>',
    '<div class="share-buttons">{}</div>',
    '<p class="byline">{}</p>',
    '<div class="sidebar"><p>{}</p></div>',
    '<div role="complementary"><p>{}</p></div>',
    '<form action="/s"><p>{}</p><input type="email"></form>',
    '<ul><li><a href="/1">{}</a></li><li><a href="/2">b</a></li><li><a href="/3">c</a></li></ul>',
    '<table><tr><td><a href="/1">{}</a> <a href="/2">b</a> <a href="/3">c</a></td></tr></table>',
    "<select><option>{}</select>",
    "<button>{}</button>",
    "<dialog><p>{}</p></dialog>",
    "<svg><text>{}</text></svg>",
]


@pytest.mark.parametrize("outer", WRAPPERS)
def test_a_wrapper_around_the_page_hides_none_of_it(outer: str) -> None:
    for (dice, said), inner in zip(variants(len(WRAPPERS)), WRAPPERS, strict=True):
        page = f'{paragraphs(said)}<img src="a{dice.randrange(99)}.jpg">'
        html = f"<html><body>{outer.format(inner.format(page))}</body></html>"
        got = texts(html)
        assert [text for text in said if text not in got] == [], inner
        assert len(addresses(html)) == 1, inner


@pytest.mark.parametrize("box", JUNK)
def test_what_a_page_is_not_about_is_left_out(box: str) -> None:
    for dice, said in variants(8):
        junk = "Subscribe now and read more of these stories every week"
        boxes = [f"<p>{' '.join(said[:2])}</p>", paragraphs(said[2:]), box.format(junk)]
        dice.shuffle(boxes)
        got = texts(f"<body>{''.join(boxes)}</body>")
        assert "Subscribe" not in got
        assert [text for text in said if text not in got] == []


def _hashed(name: str) -> str:
    return "c" + hashlib.sha256(name.encode()).hexdigest()[:6]


def test_without_names_lists_of_links_and_recurring_labels_are_left_out() -> None:
    for _, said in variants(20):
        cards = "".join(
            f'<div class="{_hashed("card")}"><span>{n} likes</span><span>Reply to this</span></div>'
            for n in range(4)
        )
        links = "".join(
            f'<li class="{_hashed("li")}"><a href="/{n}">Place {n}</a></li>' for n in "abc"
        )
        html = (
            f'<body><ul>{links}</ul><h1>A day</h1><div class="{_hashed("x")}">{paragraphs(said)}'
            f"</div>{cards}<div>© 2024 Harbour Labs, all rights kept</div></body>"
        )
        assert texts(html).split("\n") == [
            "A day",
            *(" ".join(said[n : n + 2]) for n in (0, 2, 4, 6)),
        ]


@pytest.mark.parametrize(
    ("trap", "picture"),
    [
        ('<div class="field field--label-hidden"><img src="a.jpg"></div>', "a.jpg"),
        (
            '<a class="reference internal image-reference" href="a.jpg"><img src="a.jpg"></a>',
            "a.jpg",
        ),
        (
            '<div class="lightbox"><a href="a.jpg"><img src="b.jpg"></a><p class="meta">'
            '<a href="/x">Photo</a> <a href="/y">Full size</a></p></div>',
            "b.jpg",
        ),
        ('<button class="lightbox-trigger"><img src="a.jpg"></button>', "a.jpg"),
        ('<ul class="gallery"><li><a href="1.jpg"><img src="1.jpg"></a></li></ul>', "1.jpg"),
        ('<div class="hidden md:block"><img src="a.jpg"></div>', "a.jpg"),
        ('<span class="share"><img src="a.jpg"></span>', "a.jpg"),
    ],
)
def test_pictures_stay_where_names_only_seem_to_forbid_them(trap: str, picture: str) -> None:
    for _, said in variants(5):
        html = f"<body><article>{paragraphs(said[:4])}{trap}{paragraphs(said[4:])}</article></body>"
        assert addresses(html) == [picture]


def test_the_header_of_an_article_is_a_part_of_it() -> None:
    for _, said in variants(5):
        header = '<header class="amp-wp-article-header"><h1>The boat</h1><img src="h.jpg"></header>'
        html = f"<body><article>{header}{paragraphs(said)}</article></body>"
        assert addresses(html) == ["h.jpg"] and texts(html).startswith("The boat\n")


def test_an_aside_that_tells_something_stays_with_its_picture() -> None:
    for _, said in variants(5):
        aside = (
            f'<aside><img src="a.jpg"><p>{said[0]}</p></aside><aside><a href="/x">Shop</a></aside>'
        )
        html = f"<body><main>{paragraphs(said[1:])}{aside}</main></body>"
        assert addresses(html) == ["a.jpg"]
        assert said[0] in texts(html) and "Shop" not in texts(html)


def test_a_menu_of_dishes_is_no_menu_of_links() -> None:
    dishes = "".join(
        f'<div class="menu-item"><img src="{n}.jpg"><h3>Soup {n}</h3><p>A bowl of warm soup with'
        f" bread and butter, number {n}, from the stove.</p></div>"
        for n in range(4)
    )
    html = f'<body><h1>Lunch</h1><section class="menu">{dishes}</section></body>'
    assert len(addresses(html)) == 4 and "number 3" in texts(html)


def test_an_id_that_repeats_a_heading_is_no_name() -> None:
    for _, said in variants(3):
        section = (
            f'<section id="related-work"><h2>Related work</h2>{paragraphs(said[:2])}</section>'
        )
        assert said[0] in texts(f"<body>{section}{paragraphs(said[2:])}</body>")
