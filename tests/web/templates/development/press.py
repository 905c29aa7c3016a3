"""Articles: news with schema.org, AMP, a paper in an archive of science, a museum's object."""

from __future__ import annotations

import json

from tests.web.templates.pen import Pen


def news_schema_org(pen: Pen) -> str:
    title, host = pen.title(), "https://img.news-schema-org.example/resizer"
    pen.marks = [
        lambda text: f'<a data-track="in-body" class="inline-link" href="/n/1">{text}</a>',
        lambda text: f"<em>{text}</em>",
    ]

    def photo(lead: bool) -> str:
        slug = pen.slug()
        sizes = [f"{host}/{w}x0/{slug}.jpg" for w in (480, 800, 1440)]
        src = pen.pictured(sizes[1], sizes[0], sizes[2])
        webp = [f"{each}.webp" for each in sizes]
        pen.pictures[-1] |= frozenset(webp)
        return f"""<figure class="{"lead-media" if lead else "in-article-media"} media-landscape"
 itemprop="image" itemscope itemtype="https://schema.org/ImageObject"><picture><source
 type="image/webp" srcset="{webp[0]} 480w, {webp[2]} 1440w" sizes="100vw"><img src="{src}"
 srcset="{sizes[0]} 480w, {sizes[1]} 800w, {sizes[2]} 1440w" alt="" itemprop="contentUrl"
 width="800" height="533"></picture><figcaption class="media-caption"><span itemprop="caption">
{pen.caption()}</span> <span class="media-credit" itemprop="copyrightHolder">Photograph: North
 Agency</span></figcaption></figure>"""

    def teaser() -> str:
        src = pen.decoration(f"{host}/220x147/{pen.slug()}.jpg")
        return f"""<li class="teaser teaser--small"><a href="/n/2"><img class="teaser__image"
 src="{src}" width="220" height="147" alt=""><h3
 class="teaser__headline">{pen.other_title()}</h3></a>
<p class="teaser__summary">{pen.other_prose()}</p></li>"""

    about = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": title}
    face = pen.decoration(f"{host}/60x60/author.png")
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} | North
 News</title><script type="application/ld+json">{json.dumps(about)}</script></head><body
 class="article-page"><div class="site-alert" role="alert"><p>Live:
 {pen.other_title()}</p></div><header
 class="masthead"><a href="/" class="masthead__logo"><img src="{pen.decoration("/static/logo.svg")}"
 alt="North News"></a><nav class="masthead__nav"><ul>{pen.links(7)}</ul></nav></header><div
 class="ad-slot ad-slot--leaderboard" id="dfp-top"><span class="ad-label">Advertisement</span></div>
<main class="layout"><article class="story" itemscope
 itemtype="https://schema.org/NewsArticle"><header
 class="story__header"><p class="story__kicker"><a href="/culture">Culture</a></p><h1
 itemprop="headline" class="story__headline">{title}</h1><p class="story__standfirst"
 itemprop="description">{pen.plain()}</p><div class="byline" itemprop="author" itemscope><img
 src="{face}" alt="" width="60" height="60"><span>By <a href="/by/x" rel="author"><span
 itemprop="name">
{pen.says.name()}</span></a></span><time itemprop="datePublished">{pen.says.date()}, 06.00
 GMT</time>
</div><ul class="share-tools"><li><a href="#">{pen.junk("share")}</a></li><li><button>Copy
 link</button></li></ul></header>{photo(True)}<div class="story__body" itemprop="articleBody"><p>
{pen.prose(2, 3)}</p><p>{pen.prose()}</p><aside class="related-links"><h2>Read more</h2><ul><li><a
 href="/n/3">{pen.other_title()}</a></li><li><a
 href="/n/4">{pen.other_title()}</a></li></ul></aside><p>
{pen.prose()}</p>{photo(False)}<h2>{pen.heading()}</h2><p>{pen.prose()}</p><div
 class="ad-slot" id="dfp-mid"><span class="ad-label">Advertisement</span></div><blockquote
 class="pull-quote"><p>{pen.plain()}</p></blockquote><p>{pen.prose()}</p><div
 class="newsletter-signup"><h3>Morning Briefing</h3><p>{pen.junk("newsletter")}</p><form><input
 type="email"><button>Sign up</button></form></div><p>{pen.prose()}</p></div><footer
 class="story__footer"><ul class="topics"><li><a href="/t/1">Heritage</a></li><li><a
 href="/t/2">Harbours</a></li></ul><div
 class="author-bio"><p>{pen.junk("author")}</p></div></footer>
</article><section class="more-stories"><h2>More from Culture</h2><ul>{teaser()}{teaser()}{teaser()}
{teaser()}</ul></section><section class="most-read"><h2>Most read</h2><ol><li><a href="/m/1">
{pen.other_title()}</a></li><li><a
 href="/m/2">{pen.other_title()}</a></li></ol></section></main><div
 class="paywall-overlay"><p>{pen.junk("paywall")}</p></div><footer class="site-footer"><ul>
{pen.links(5)}</ul><p>{pen.junk("rights")}</p></footer></body></html>"""


def amp_article(pen: Pen) -> str:
    title = pen.title()

    def photo() -> str:
        slug = pen.slug()
        src = pen.pictured(f"/img/{slug}-800.jpg", f"/img/{slug}-1200.jpg")
        return f"""<figure class="amp-wp-figure"><amp-img src="{src}" srcset="/img/{slug}-1200.jpg
 1200w,
 {src} 800w" width="1200" height="800" layout="responsive" alt=""><div placeholder></div><noscript>
<img src="{src}" alt=""></noscript></amp-img><figcaption class="wp-caption-text">{pen.caption()}
</figcaption></figure>"""

    hero = pen.pictured(f"/img/{pen.slug()}-hero.jpg")
    small = pen.decoration("/img/face-48.jpg")
    thumb = pen.decoration(f"/img/{pen.slug()}-160.jpg")
    return f"""<!doctype html><html ⚡ lang="en"><head><meta
 charset="utf-8"><title>{title}</title><style
 amp-boilerplate>body{{-webkit-animation:-amp-start 8s steps(1,end) 0s 1 normal both}}@keyframes
 -amp-start{{from{{visibility:hidden}}to{{visibility:visible}}}}</style><script async
 src="https://cdn.ampproject.org/v0.js"></script></head><body class="single-post amp-mode-mouse">
<header id="top" class="amp-wp-header"><div><a href="/"><amp-img
 src="{pen.decoration("/img/site-icon.png")}" width="32" height="32"
 class="amp-wp-site-icon"></amp-img> <span class="amp-site-title">North
 Review</span></a></div></header>
<amp-sidebar id="sidebar" layout="nodisplay"
 side="left"><ul>{pen.links(6)}</ul></amp-sidebar><article
 class="amp-wp-article"><header class="amp-wp-article-header"><h1
 class="amp-wp-title">{title}</h1><div
 class="amp-wp-meta amp-wp-byline"><amp-img src="{small}" alt="" width="24" height="24"
 layout="fixed"></amp-img><span class="amp-wp-author author
 vcard">{pen.says.name()}</span></div><div
 class="amp-wp-meta amp-wp-posted-on"><time>2 years ago</time></div></header><figure
 class="amp-wp-article-featured-image wp-caption"><amp-img width="1200" height="800" src="{hero}"
 class="attachment-large wp-post-image" layout="intrinsic"></amp-img><p class="wp-caption-text">
{pen.caption()}</p></figure><div class="amp-wp-article-content"><p>{pen.prose(3, 4)}</p>{photo()}<p>
{pen.prose()}</p><h2>{pen.heading()}</h2><p>{pen.prose()}</p><amp-ad width="300" height="250"
 type="doubleclick" data-slot="/1/x"></amp-ad>{photo()}<p>{pen.prose()}</p><p>{pen.prose()}</p>
</div>
<footer class="amp-wp-article-footer"><div class="amp-wp-meta amp-wp-tax-category">Categories: <a
 href="/c">Heritage</a></div><div class="amp-wp-meta amp-wp-comments-link"><a href="#">Leave a
 Comment</a></div></footer></article><div class="amp-related-posts"><h3>Related
 Content</h3><ul><li><a
 href="/r"><amp-img src="{thumb}" width="160" height="90"></amp-img>{pen.other_title()}</a><p>
{pen.other_prose()}</p></li></ul></div><amp-user-notification id="consent" layout="nodisplay"><p>
{pen.junk("cookies")}</p><button on="tap:consent.dismiss">I accept</button></amp-user-notification>
<footer class="amp-wp-footer"><div><h2>North Review</h2><p>{pen.junk("rights")}</p><a href="#top"
 class="back-to-top">Back to top</a></div></footer><amp-pixel
 src="https://stats.example/p.gif"></amp-pixel></body></html>"""


def science_archive(pen: Pen) -> str:
    pen.note = lambda n: f'<sup><a href="#B{n}" class="bibr popnode" role="button">{n}</a></sup>'
    pen.marks = [
        lambda text: f"<em>{text}</em>",
        lambda text: f"<i>{text}</i>",
        lambda text: f'<a href="https://doi.org/10.5555/x" class="usa-link">{text}</a>',
    ]
    title = pen.title()

    def figure(number: int) -> str:
        src = pen.pictured(f"https://cdn.science-archive.example/blobs/{pen.slug()}.jpg")
        head = pen.besides(f"Figure {number}.")
        return f"""<figure class="fig xbox font-sm" id="F{number}"><h4
 class="obj_head">{head}</h4><p
 class="img-box line-height-none margin-x-neg-2 tablet:margin-x-0 text-center"><a class="tileshop"
 target="_blank" href="https://www.example/core/lw/2.0/html/tileshop.cgi?p=1"><img
 class="graphic zoom-in" src="{src}" loading="lazy" height="400" width="720" alt=""></a></p><div
 class="p text-right font-secondary"><a href="figure/F{number}/" class="usa-link"
 target="_blank">Open in a new
 tab</a></div><figcaption><p>{pen.caption()}</p></figcaption></figure>"""

    measured = pen.number + 3
    powers = pen.exactly(
        f"<p>The pier carried loads of about {measured} × 10<sup>6</sup> newtons over an area of 25"
        " m<sup>2</sup> in each test.</p>",
        f"The pier carried loads of about {measured} × 10⁶ newtons over an area of 25 m² in each"
        " test.",
    )
    body = f"""<section class="abstract" id="Abs1"><h2
 data-anchor-id="Abs1">{pen.besides("Abstract")}
</h2><p>{pen.prose(3, 4)}</p></section><section id="s1"><h2 class="pmc_sec_title">
{pen.besides("1. Introduction")}</h2><p>{pen.prose(3, 4)}</p></section><section id="s2"><h2
 class="pmc_sec_title">{pen.heading()}</h2><p>{pen.prose()}</p>{powers}{figure(1)}<p>{pen.prose()}</p>
<section class="tw xbox font-sm" id="T1"><h3 class="obj_head">{pen.besides("Table 1.")}</h3><div
 class="caption p"><p>{pen.caption()}</p></div><div class="tbl-box p" tabindex="0"><table
 class="content" frame="hsides" rules="groups"><thead><tr><th>{pen.besides("Group")}</th><th>
{pen.besides("Mean (SD)")}</th></tr></thead><tbody><tr><td>{pen.besides("Control")}</td><td>
{pen.besides("4.2 (0.3)")}</td></tr></tbody></table></div></section></section><section id="s3"><h2
 class="pmc_sec_title">{pen.besides("Discussion")}</h2><p>{pen.prose(3, 4)}</p>{figure(2)}<p>
{pen.prose()}</p></section>"""
    references = "".join(
        f"""<li id="B{n}"><span class="label">{n}.</span><cite>{pen.besides("Pym W, Holm G.")}
{pen.besides(pen.says.title())}. {pen.besides("J Harb Eng. 2014;12:1–9.")}</cite> [<a
 href="https://doi.org/x" class="usa-link">DOI</a>] [<a href="#">Google Scholar</a>]</li>"""
        for n in range(1, pen.notes + 1)
    )
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} -
 Archive</title>
</head><body><a class="usa-skipnav " href="#main-content">Skip to main content</a><section
 class="usa-banner" aria-label="Official website"><div class="usa-accordion"><header
 class="usa-banner__header"><p class="usa-banner__header-text">An official website of the
 government</p><button class="usa-accordion__button"><span>Here's how you
 know</span></button></header>
<div class="usa-banner__content usa-accordion__content" hidden><p>A .gov website belongs to an
 official
 government organization in the country.</p></div></div></section><header class="ncbi-header"
 role="banner"><div class="ncbi-header__logo-container"><a href="/"><img
 src="{pen.decoration("/static/img/logo-white.svg")}" alt="Archive"
 class="ncbi-header__logo"></a></div>
<form class="usa-search" role="search"><input
 type="search"><button>Search</button></form></header><div
 class="usa-overlay"></div><div class="pmc-layout grid-row"><main id="main-content"
 class="usa-layout-docs"
 tabindex="-1"><section class="pmc-alert-container"></section><section
 class="pmc-layout__disclaimer"
 role="complementary" aria-label="Disclaimer note">As a library, we provide access to scientific
 literature. <a href="/d">Learn more</a>: <a href="/d">Disclaimer</a></section><section
 class="pmc-journal-banner text-center" role="banner"><img src="{pen.decoration("/banner/j.gif")}"
 alt="Journal of Harbour Engineering logo"></section><article lang="en"><section
 class="front-matter"><div
 class="ameta p font-secondary font-xs"><hgroup><h1>{title}</h1></hgroup><div class="cg p"><a
 href="#"><span class="name western">{pen.says.name()}</span></a><sup>1</sup>, <a href="#"><span
 class="name western">{pen.says.name()}</span></a><sup>2</sup></div><ul class="d-buttons
 inline-list">
<li><button class="d-button">Author information</button></li><li><button class="d-button">Article
 notes</button></li></ul><div>PMCID: PMC1234{pen.number} PMID: <a
 href="#">2000{pen.number}</a></div></div>
</section><section aria-label="Article content"><section class="body
 main-article-body">{body}<section
 id="ref-list1" class="ref-list"><h2>{pen.besides("References")}</h2><ol
 class="ref-list">{references}
</ol></section></section></section></article></main><aside class="pmc-sidenav desktop:grid-col-4"
 aria-label="Side navigation"><section role="menu"><h6>Actions</h6><ul><li><a href="pdf">View on
 publisher site</a></li><li><button>Cite</button></li></ul></section><section
 aria-label="Similar articles"><h6>Similar
 articles</h6><ul><li>{pen.other_title()}</li></ul></section>
</aside></div><footer class="ncbi-footer"><p>National Library, 8600 Pike,
 Halden</p><ul>{pen.links(3)}
</ul></footer></body></html>"""


def museum_object(pen: Pen) -> str:
    title, base = pen.title(), "https://iiif.museum-object.example/iiif"

    def photo(active: bool) -> str:
        key = f"{base}/{pen.slug()}"
        src = pen.pictured(f"{key}/full/843,/0/default.jpg", f"{key}/full/1686,/0/default.jpg")
        return f"""<li class="m-gallery__item{" is-active" if active else ""}"><button
 class="m-gallery__zoom" data-behavior="openFullscreen" aria-label="View image full screen"><img
 class="m-gallery__img" alt="" src="{src}" srcset="{src} 843w, {key}/full/1686,/0/default.jpg 1686w"
 data-iiifid="{key}"></button><div class="m-gallery__caption caption">{pen.caption()}</div></li>"""

    def related() -> str:
        src = pen.decoration(f"{base}/{pen.slug()}/full/200,/0/default.jpg")
        return f"""<li class="m-listing"><a href="/artworks/2"><span class="m-listing__img"><img
 alt="" src="{src}"></span><span class="m-listing__meta"><strong class="title">{pen.other_title()}
</strong><span class="subtitle">{pen.says.name()}</span></span></a></li>"""

    facts = "".join(
        f"""<dt><h2 class="f-module-title-1">{pen.besides(name)}</h2></dt><dd><span
 class="f-secondary">
{pen.besides(value)}</span></dd>"""
        for name, value in (
            ("Maker", pen.says.name()),
            ("Medium", "Oil on canvas"),
            ("Dimensions", "81.2 × 65.4 cm"),
            ("Reference Number", f"1926.{pen.number + 100}"),
        )
    )
    return f"""<!DOCTYPE html><html dir="ltr" lang="en-US" class="no-js"><head><meta
 charset="utf-8">
<title>{title} | Museum of the Quay</title></head><body class="s-env-production"><a href="#content"
 class="skip-link">Skip to Content</a><div id="a17" data-blur-img><header class="g-header"><div
 class="g-header__inner"><a href="/" class="g-header__logo"><svg class="icon--logo"></svg><span
 class="sr-only">Museum of the Quay</span></a><nav
 class="g-header__nav-primary"><ul>{pen.links(5)}</ul>
</nav></div></header><aside class="m-notification m-notification--header"><p>The museum is closed on
 Tuesday. <a href="/visit">Plan your visit</a></p></aside><main id="content"><article
 class="o-article"><div class="m-article-header m-article-header--gallery o-gallery"><ul
 class="m-gallery__list">{photo(True)}{photo(False)}</ul></div><div
 class="o-article__primary-actions">
<ul class="m-article-actions"><li><button>Share</button></li><li><a href="#">Download
 image</a></li></ul><p class="f-secondary">Currently off view</p></div><div
 class="o-article__inline-header"><h1 class="sr-only">{title}</h1><span
 class="title f-headline-editorial o-article__inline-header-title">{title}</span></div><div
 class="o-article__body o-blocks" itemprop="description"><div class="o-blocks"
 data-behavior="dragScroll">
<p>{pen.prose(3, 4)}</p><p>{pen.prose()}</p><p>{pen.prose()}</p></div><dl
 class="deflist o-blocks__block">{facts}</dl><h3>{pen.heading()}</h3><p>{pen.prose()}</p><p>
{pen.prose()}</p>
<p class="f-secondary o-article__disclaimer">Object information is a work in progress and may be
 updated as new research findings emerge.</p></div></article><section class="o-recirculation"><div
 class="m-title-bar"><h2 class="title">Explore Further</h2></div><ul class="o-pinboard">{related()}
{related()}{related()}</ul></section></main><footer class="g-footer"><form class="m-newsletter"><p>
{pen.junk("newsletter")}</p></form><p
 class="g-footer__legal">{pen.junk("rights")}</p></footer></div>
</body></html>"""


TEMPLATES = (news_schema_org, amp_article, science_archive, museum_object)
