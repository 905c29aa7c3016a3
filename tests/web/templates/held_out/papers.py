"""Papers: a publisher of science, a newspaper's archive, a university, an e-mail in the browser."""

from __future__ import annotations

from tests.web.templates.pen import Pen


def science_publisher(pen: Pen) -> str:
    pen.note = lambda n: (
        f'<sup><a data-track="click" data-test="citation-ref" title="Pym, W. (2014)."'
        f' href="/articles/x#ref-CR{n}" id="ref-link-section-d1-{n}">{n}</a></sup>'
    )
    pen.marks = [lambda text: f"<i>{text}</i>", lambda text: f'<a href="#Sec2">{text}</a>']
    title, host = pen.title(), "//media.science-publisher.example"

    def figure(number: int) -> str:
        path = f"image/art%3A10.1007%2Fs1/MediaObjects/{pen.slug()}_Fig{number}_HTML.png"
        lw = f"{host}/lw685/{path}"
        src = pen.pictured(lw, f"{lw}?as=webp", f"{host}/full/{path}")
        head = pen.besides(f"Fig. {number}")
        return f"""<div class="c-article-section__figure js-c-reading-companion-figures-item"
 data-test="figure" id="figure-{number}"><figure><figcaption><b id="Fig{number}"
 class="c-article-section__figure-caption">{head}</b></figcaption><div
 class="c-article-section__figure-content"><div class="c-article-section__figure-item"><a
 class="c-article-section__figure-link" href="/articles/x/figures/{number}"
 rel="nofollow"><picture><source
 type="image/webp" srcset="{lw}?as=webp"><img aria-describedby="Fig{number}" src="{src}" alt=""
 loading="lazy" width="685" height="480"></picture></a></div><div
 class="c-article-section__figure-description"
 id="figure-{number}-desc"><p>{pen.caption()}</p></div></div>
<div class="u-text-right u-hide-print"><a class="c-article__pill-button" href="/f"
 data-track-dest="link:Figure{number} Full size image"><span>Full size
 image</span></a></div></figure></div>"""

    def section(number: int, name: str, body: str) -> str:
        return f"""<section data-title="{name}"><div class="c-article-section"
 id="Sec{number}-section"><h2
 class="c-article-section__title js-section-title" id="Sec{number}">{name}</h2><div
 class="c-article-section__content" id="Sec{number}-content">{body}</div></div></section>"""

    volume = pen.exactly(
        f"<p>Each tank held {pen.number + 2}.5 m<sup>3</sup> of sea water, in which CO<sub>2</sub>"
        " was measured every hour.</p>",
        f"Each tank held {pen.number + 2}.5 m³ of sea water, in which CO₂ was measured every hour.",
    )
    body = (
        section(1, pen.besides("Introduction"), f"<p>{pen.prose(3, 4)}</p><p>{pen.prose()}</p>"),
        section(2, pen.heading(), f"<p>{pen.prose()}</p>{volume}{figure(1)}<p>{pen.prose()}</p>"),
        section(3, pen.besides("Discussion"), f"<p>{pen.prose(3, 4)}</p>{figure(2)}"),
    )
    references = "".join(
        f"""<li class="c-article-references__item js-c-reading-companion-references-item"
 data-counter="{n}."><p class="c-article-references__text"
 id="ref-CR{n}">{pen.besides("Pym, W., Holm, G.")}
 {pen.besides(pen.says.title())}. {pen.besides("J. Harb. Eng. 12, 1–9 (2014).")}</p><p
 class="c-article-references__links u-hide-print"><a href="https://doi.org/x">Article</a> <a
 href="/g">Google Scholar</a></p></li>"""
        for n in range(1, pen.notes + 1)
    )
    return f"""<!DOCTYPE html><html lang="en" class="grade-c"><head><title>{title} | Journal of
 Harbours</title></head><body class="shared-article-renderer"><a class="c-skip-link"
 href="#main-content">Skip to main content</a><div class="u-visually-hidden"
 aria-hidden="true"><svg>
</svg></div><header class="c-header"><div class="c-header__container"><a class="c-header__logo"
 href="/"><img alt="Publisher" width="110" src="{pen.decoration("/oscar-static/logo.svg")}"></a><nav
 class="c-header__nav"><ul>{pen.links(4)}</ul></nav></div></header><div class="c-context-bar
 u-hide"><div
 class="c-context-bar__container">{title}</div></div><div class="c-article-main u-container"
 id="main"><main class="c-article-main-column u-float-left js-main-column" id="main-content"><nav
 class="c-breadcrumbs" aria-label="breadcrumbs"><ol><li><a href="/">Home</a></li><li><a
 href="/j">Journal of
 Harbours</a></li></ol></nav><article lang="en"><div class="c-article-header"><ul
 class="c-article-identifiers"><li class="c-article-identifiers__item">Original Article</li><li><a
 href="/oa">Open access</a></li><li>Published: <time>{pen.says.date()}</time></li></ul><h1
 class="c-article-title" data-test="article-title">{title}</h1><ul class="c-article-author-list"><li
 class="c-article-author-list__item"><a href="#auth1">{pen.says.name()}</a><sup
 class="u-js-hide"><a href="#Aff1">1</a></sup></li></ul><p class="c-article-info-details"><a
 href="/j"><i>Journal of Harbours</i></a> <b>volume 12</b>, Article number: 41 (2021)</p><div
 class="c-article-metrics-bar__wrapper"><ul><li><p>2041 Accesses</p></li><li><p>3
 Citations</p></li></ul>
</div></div><section data-title="Abstract" lang="en"><div class="c-article-section"
 id="Abs1-section"><h2
 class="c-article-section__title" id="Abs1">{pen.besides("Abstract")}</h2><div
 class="c-article-section__content"
 id="Abs1-content"><p>{pen.prose(3, 4)}</p></div></div></section><div
 class="c-article-box-recommendations"><h3>Similar content being viewed by others</h3><article><a
 href="/a/2">{pen.other_title()}</a><span>Article</span></article></div><div class="main-content">
{"".join(body)}</div><div id="MagazineFulltextArticleBodySuffix"><section
 data-title="References"><div
 class="c-article-section" id="Bib1-section"><h2 class="c-article-section__title" id="Bib1">
{pen.besides("References")}</h2><div class="c-article-section__content"><ol
 class="c-article-references">{references}</ol><p class="c-article-references__download
 u-hide-print"><a
 href="/r.ris">Download references</a></p></div></div></section><section data-title="Rights"><div
 class="c-article-section"><h2 class="c-article-section__title">Rights and permissions</h2><p>
{pen.junk("rights")}</p><p class="c-article-rights"><a href="/p">Reprints and
 permissions</a></p></div>
</section></div></article></main><aside class="c-article-extras u-text-sm u-float-right"><div
 class="c-pdf-download"><a href="/x.pdf"><span>Download PDF</span></a></div><div
 class="js-context-bar-sticky-point-desktop"><ul
 class="c-reading-companion__sections-list"><li>Sections</li>
<li>Figures</li><li>References</li></ul></div></aside></div><footer class="app-footer"><p>© 2024
 Publisher</p><ul>{pen.links(3)}</ul></footer></body></html>"""


def newspaper_archive(pen: Pen) -> str:
    title = pen.title()

    def photo() -> str:
        src = pen.pictured(f"/images/1998/03/06/arts/{pen.slug()}.jpg")
        return f"""<table width="300" border="0" cellspacing="0" cellpadding="5"
 align="right"><tr><td><img
 src="{src}" width="300" height="220" border="0" alt=""></td></tr><tr><td align="right"><font
 size="-2">The Northern Post</font></td></tr><tr><td><font
 size="-1">{pen.caption()}</font></td></tr>
</table>"""

    ad = pen.decoration("http://ads.newspaper-archive.example/banner468x60.gif")
    rule = pen.decoration("/images/misc/rule.gif")
    return f"""<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN"
 "http://www.w3.org/TR/html4/loose.dtd"><html><head><title>{title} - The Northern Post
 archive</title></head>
<body bgcolor="#ffffff"><div id="adTop" align="center"><a href="/ads"><img src="{ad}" width="468"
 height="60" border="0" alt="Click here"></a></div><div id="masthead"><a href="/"><img
 src="{pen.decoration("/images/logo.gif")}" width="379" height="64" alt="The Northern Post"></a><div
 id="toolbar">{pen.links(6, '<a href="/{low}">{name}</a> | ')}</div></div><div id="page"><div
 id="archiveHeader"><b>Archives</b> | <a href="/1998">1998</a></div><div id="articleTools"><ul><li
 id="emailThis"><a href="#">E-Mail This</a></li><li id="printThis"><a
 href="#">Printer-Friendly</a></li><li>
<a href="#">Reprints</a></li></ul></div><div id="articleBody"><div class="timestamp">March 6,
 1998</div><h1>
<nyt_headline version="1.0" type=" ">{title}</nyt_headline></h1><nyt_byline version="1.0" type="
 "><div
 class="byline">By {pen.says.name()}</div></nyt_byline><nyt_text><div
 id="articleContent">{photo()}<p>
<span class="bold">{pen.besides("ARNMOUTH")}</span> &#151;
 {pen.prose(3, 4)}</p><p>{pen.prose()}</p><p>{pen.prose()}</p><img
 src="{rule}" width="300" height="1" alt=""><p>{pen.prose()}</p>{photo()}<p>{pen.prose()}</p><p>
{pen.prose()}</p></div></nyt_text><nyt_author_id><div
 id="authorId"><p>{pen.junk("author")}</p></div>
</nyt_author_id><div class="nextArticleLink"><a href="/2"><span>Next Article in Arts (3 of 12)
 &#187;</span></a></div></div><div id="articleRelated"><h4>Related Articles</h4><ul><li><a
 href="/3">
{pen.other_title()}</a> (March 2, 1998)</li></ul></div><div
 id="subscribeBox"><p>{pen.junk("paywall")}</p>
</div></div><div id="footer"><p><a href="/c">Copyright 2009</a> The Northern Post Company | <a
 href="/p">Privacy Policy</a> | <a href="/t">Terms of Service</a></p></div></body></html>"""


def university_news(pen: Pen) -> str:
    title = pen.title()

    def photo() -> str:
        slug = pen.slug()
        src = pen.pictured(
            f"/sites/news/files/styles/wide/{slug}.jpg.webp?h=1a", f"/sites/news/files/{slug}.jpg"
        )
        return f"""<div class="paragraph paragraph--type--image"><div class="ucb-image-wrapper"><img
 loading="eager" src="{src}" width="1500" height="843" alt="" class="img-fluid"></div><p
 class="ucb-image-caption">{pen.caption()}</p></div>"""

    def text(markup: str) -> str:
        return f"""<div class="paragraph paragraph--type--text"><div class="container"><div
 class="row"><div class="col-12 wysiwyg">{markup}</div></div></div></div>"""

    def card() -> str:
        src = pen.decoration(f"/sites/news/files/styles/card/{pen.slug()}.jpg")
        return f"""<div class="col-md-4"><div class="card news-card"><img src="{src}" alt=""
 class="card-img-top"><div class="card-body"><h3 class="card-title"><a
 href="/n">{pen.other_title()}</a>
</h3><p class="card-text">{pen.other_prose()}</p></div></div></div>"""

    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} |
 University of
 Velden</title></head><body class="node-news"><div id="skip-nav"><a href="#main">Skip to
 Content</a></div>
<div class="alert-banner" role="region"><p>Campus closes at noon on Friday. <a
 href="/alerts">Details</a>
</p></div><div id="brand-bar"><div class="container"><a href="/">University of Velden</a><form
 action="/search" class="search-form"><label for="q">Search</label><input id="q"
 type="search"></form></div>
</div><header class="unit-header"><div class="unit-name"><a href="/news">News and
 Stories</a></div><nav
 class="unit-nav"><ul class="menu">{pen.links(6)}</ul></nav></header><main id="main"><div
 class="story-head"><div class="story-category"><a href="/c">Research</a></div><h1>{title}</h1><p
 class="story-deck">{pen.plain()}</p><div class="story-meta"><span>{pen.says.date()}</span> <span>By
 {pen.says.name()}</span></div><ul class="social-share"><li><a href="#"><span
 class="visually-hidden">{pen.junk("share")}</span></a></li></ul></div>{photo()}
{text(f"<p>{pen.prose(3, 4)}</p><p>{pen.prose()}</p>")}<div
 class="paragraph paragraph--type--pull-quote"><div class="quote-text">{pen.plain()}</div></div>
{text(f"<h2>{pen.heading()}</h2><p>{pen.prose()}</p>")}{photo()}
{text(f"<p>{pen.prose()}</p><ul><li>{pen.plain()}</li><li>{pen.plain()}</li></ul>")}<div
 class="paragraph paragraph--type--contact media-contact"><h4>Media contact</h4><p>Press office,
 phone
 555-0117</p></div><section class="related-stories"><h2>Related stories</h2><div
 class="row">{card()}
{card()}{card()}</div></section></main><footer class="site-footer"><div
 class="footer-address"><p>University
 of Velden, 1 Quay Road</p></div><ul>{pen.links(4)}</ul><p>{pen.junk("rights")}</p></footer></body>
</html>"""


def newsletter_online(pen: Pen) -> str:
    pen.marks = [
        lambda text: f'<a href="https://track.example/c/1" target="_blank">{text}</a>',
        lambda text: f"<strong>{text}</strong>",
    ]
    title, host = pen.title(), "https://mcusercontent.example/ab12/images"

    def photo() -> str:
        src = pen.pictured(f"{host}/{pen.slug()}.jpg")
        return f"""<table border="0" cellpadding="0" cellspacing="0" width="100%"
 class="mcnImageCardBlock"><tbody class="mcnImageCardBlockOuter"><tr><td
 class="mcnImageCardBlockInner"
 valign="top"><table align="left" border="0" cellpadding="0" cellspacing="0"
 class="mcnImageCardBottomContent"
 width="100%"><tbody><tr><td class="mcnImageCardBottomImageContent" align="center" valign="top"><a
 href="https://track.example/c/2" target="_blank"><img alt="" src="{src}" width="564"
 style="max-width:1128px;" class="mcnImage"></a></td></tr><tr><td class="mcnTextContent"
 valign="top"
 width="546"><em>{pen.caption()}</em></td></tr></tbody></table></td></tr></tbody></table>"""

    def block(markup: str) -> str:
        return f"""<table border="0" cellpadding="0" cellspacing="0" width="100%"
 class="mcnTextBlock"
 style="min-width:100%;"><tbody class="mcnTextBlockOuter"><tr><td valign="top"
 class="mcnTextBlockInner"
 style="padding-top:9px;"><table align="left" border="0" cellpadding="0" cellspacing="0"
 class="mcnTextContentContainer"><tbody><tr><td valign="top"
 class="mcnTextContent">{markup}</td></tr>
</tbody></table></td></tr></tbody></table>"""

    icons = "".join(
        f"""<td align="center" valign="middle" class="mcnFollowIconContent"><a href="#"><img
 src="{pen.decoration(f"https://cdn-images.mailchimp.example/icons/{name}-48.png")}" alt="{name}"
 height="24" width="24"></a></td>"""
        for name in ("facebook", "twitter", "link")
    )
    foot = f"""<em>{pen.junk("rights")}</em><br><br>Want to change how you receive these
 emails?<br>You can <a href="#">update your preferences</a> or <a href="#">unsubscribe from
 this list</a>."""
    hello = pen.besides("Dear friends,")
    pixel = pen.decoration("https://track.example/open.php?u=ab12&id=1")
    return f"""<!doctype html><html xmlns="http://www.w3.org/1999/xhtml"
 xmlns:v="urn:schemas-microsoft-com:vml"><head><meta
 charset="UTF-8"><title>{title}</title></head><body
 id="archivebody"><div id="awesomewrap"><div id="awesomebar"><ul id="awesomebar-left"><li><a
 href="#">Subscribe</a></li><li><a href="/home">Past Issues</a></li></ul><ul
 id="awesomebar-right"><li><a
 href="#">RSS</a></li><li><a href="#">Translate</a></li></ul></div></div><!--[if !gte mso
 9]><!----><span
 class="mcnPreviewText" style="display:none; font-size:0px; line-height:0px; max-height:0px;
 opacity:0; overflow:hidden; visibility:hidden;">News of the harbour for friends and members</span>
<!--<![endif]--><center><table align="center" border="0" cellpadding="0" cellspacing="0"
 height="100%"
 width="100%" id="bodyTable"><tr><td align="center" valign="top" id="bodyCell"><table border="0"
 cellpadding="0" cellspacing="0" width="100%" class="templateContainer"><tr><td valign="top"
 id="templatePreheader">{block('<a href="#">View this email in your browser</a>')}</td>
</tr><tr><td valign="top" id="templateHeader">{block(f'<h1 class="null">{title}</h1>')}</td></tr>
<tr><td valign="top" id="templateBody">{block(f"<p>{hello}</p><p>{pen.prose(3, 4)}</p>")}{photo()}
{block(f"{pen.prose()}<br><br>{pen.prose()}")}<table border="0"
 class="mcnDividerBlock"><tbody><tr><td>
<span></span></td></tr></tbody></table>{block(f"<h3>{pen.heading()}</h3>{pen.prose()}")}{photo()}
{block(f"<ul><li>{pen.plain()}</li><li>{pen.plain()}</li></ul><p>{pen.prose()}</p>")}<table
 border="0"
 class="mcnButtonBlock"><tbody><tr><td align="center"><a class="mcnButton" href="#">Book your
 place</a></td></tr></tbody></table></td></tr><tr><td valign="top" id="templateFooter"><table
 class="mcnFollowBlock"><tbody><tr>{icons}</tr></tbody></table>
{block(foot)}</td></tr></table>
</td></tr></table></center><img src="{pixel}" height="1" width="1" alt=""></body></html>"""


TEMPLATES = (science_publisher, newspaper_archive, university_news, newsletter_online)
