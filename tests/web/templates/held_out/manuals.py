"""Manuals and wikis: MediaWiki's old skin, DokuWiki, Fandom, Docusaurus, Bootstrap, Notion."""

from __future__ import annotations

from tests.web.templates.pen import Pen


def _note(number: int) -> str:
    link = f'<a href="#n{number}">[{number}]</a>'
    return f'<sup id="cite_ref-n_{number}-0" class="reference">{link}</sup>'


def mediawiki_monobook(pen: Pen) -> str:
    pen.note = _note
    pen.marks = [
        lambda text: f'<a href="/index.php/X" title="X">{text}</a>',
        lambda text: f"<b>{text}</b>",
    ]
    title = pen.title()

    def thumb(side: str) -> str:
        name = f"{pen.slug()}.jpg"
        base = f"/images/thumb/3/3f/{name}"
        src = pen.pictured(f"{base}/300px-{name}", f"{base}/450px-{name}", f"{base}/600px-{name}")
        return f"""<div class="thumb t{side}"><div class="thumbinner" style="width:302px;"><a
 href="/index.php/File:{name}" class="image"><img alt="" src="{src}" width="300" height="225"
 class="thumbimage" srcset="{base}/450px-{name} 1.5x, {base}/600px-{name} 2x" /></a> <div
 class="thumbcaption"><div class="magnify"><a href="/index.php/File:{name}" class="internal"
 title="Enlarge"></a></div>{pen.caption()}</div></div></div>"""

    def tile() -> str:
        name = f"{pen.slug()}.jpg"
        src = pen.pictured(f"/images/thumb/9/90/{name}/120px-{name}")
        return f"""<li class="gallerybox" style="width: 155px"><div style="width: 155px"><div
 class="thumb" style="width: 150px;"><div style="margin:15px auto;"><a href="/index.php/File:{name}"
 class="image"><img alt="" src="{src}" width="120" height="90" /></a></div></div><div
 class="gallerytext"><p>{pen.caption()}</p></div></div></li>"""

    body = f"""<p>{pen.prose(3, 5)}</p><div id="toc" class="toc"><div
 id="toctitle"><h2>Contents</h2></div>
<ul><li class="toclevel-1 tocsection-1"><a href="#a"><span class="tocnumber">1</span> <span
 class="toctext">{pen.other_title()}</span></a></li></ul></div><h2><span class="mw-headline" id="a">
{pen.heading()}</span><span class="mw-editsection"><span class="mw-editsection-bracket">[</span><a
 href="/index.php?action=edit" title="Edit">edit</a><span
 class="mw-editsection-bracket">]</span></span>
</h2>{thumb("right")}<p>{pen.prose(3, 4)}</p><p>{pen.prose()}</p><dl><dd>{pen.plain()}</dd></dl>
{thumb("left")}<p>{pen.prose()}</p><ul class="gallery
 mw-gallery-traditional">{tile()}{tile()}</ul>"""
    notes = "".join(
        f"""<li id="n{n}"><span class="mw-cite-backlink"><a href="#cite_ref-n_{n}-0">↑</a></span>
 <span
 class="reference-text">{pen.besides("Annals of the harbour")},
 {pen.besides(f"vol. {n}, p. 41")}</span>
</li>"""
        for n in range(1, pen.notes + 1)
    )
    icon = pen.decoration("/resources/assets/poweredby_mediawiki_88x31.png")
    return f"""<!DOCTYPE html><html lang="en" dir="ltr" class="client-nojs"><head><meta
 charset="UTF-8"/>
<title>{title} - Harbour Wiki</title></head><body class="mediawiki ltr sitedir-ltr ns-0 ns-subject
 skin-monobook action-view"><div id="globalWrapper"><div id="column-content"><div id="content"
 class="mw-body" role="main"><a id="top"></a><div id="siteNotice"><p>Help wanted: the wiki is
 looking for
 editors.</p></div><h1 id="firstHeading" class="firstHeading" lang="en">{title}</h1><div
 id="bodyContent" class="mw-body-content"><div id="siteSub">From Harbour Wiki</div><div
 id="contentSub"></div><div id="jump-to-nav" class="mw-jump">Jump to: <a
 href="#column-one">navigation</a>, <a href="#searchInput">search</a></div><div id="mw-content-text"
 lang="en" dir="ltr" class="mw-content-ltr"><div class="mw-parser-output"><table class="ambox
 ambox-style"><tr><td class="ambox-text"><b>This article needs additional citations.</b> <small>(May
 2019)</small></td></tr></table>{body}<h2><span class="mw-headline"
 id="r">{pen.besides("References")}
</span></h2><div class="mw-references-wrap"><ol class="references">{notes}</ol></div></div><div
 class="printfooter">Retrieved from "<a
 href="/index.php?title=X">http://wiki.example/index.php</a>"</div>
</div><div id="catlinks" class="catlinks"><a href="/index.php/Special:Categories">Category</a>:
 <ul><li><a
 href="/index.php/Category:B">Buildings</a></li></ul></div><div
 class="visualClear"></div></div></div>
</div><div id="column-one"><h2>Navigation menu</h2><div id="p-cactions" class="portlet"
 role="navigation"><h3>Views</h3><ul><li><a href="#">Page</a></li><li><a
 href="#">Discussion</a></li><li><a
 href="#">View source</a></li><li><a href="#">History</a></li></ul></div><div class="portlet"
 id="p-personal" role="navigation"><ul><li><a href="#">Log in</a></li></ul></div><div
 class="portlet"
 id="p-navigation"><h3>Navigation</h3><div
 class='pBody'><ul>{pen.links(5)}</ul></div></div></div><div
 id="footer" role="contentinfo"><div id="f-poweredbyico"><img src="{icon}" alt="Powered by
 MediaWiki"
 height="31" width="88" /></div><ul id="f-list"><li id="lastmod">This page was last modified on
 {pen.says.date()}.</li><li id="viewcount">This page has been accessed 12,904
 times.</li></ul></div></div>
</body></html>"""


def dokuwiki(pen: Pen) -> str:
    pen.note = lambda n: f'<sup><a href="#fn__{n}" id="fnt__{n}" class="fn_top">{n})</a></sup>'
    pen.marks = [
        lambda text: f'<a href="/doku.php?id=x" class="wikilink1" title="x">{text}</a>',
        lambda text: f'<em class="u">{text}</em>',
    ]
    title = pen.title()

    def media(side: str) -> str:
        name = f"{pen.slug()}.jpg"
        small = f"/lib/exe/fetch.php?w=400&tok=a1b2c3&media=wiki:{name}"
        pen.pictured(small, f"/lib/exe/fetch.php?media=wiki:{name}", f"/_media/wiki:{name}")
        return f"""<a href="/lib/exe/detail.php?id=x&amp;media=wiki:{name}" class="media"
 title="wiki:{name}"><img src="{small.replace("&", "&amp;")}" class="media{side}" loading="lazy"
 title="" alt="" width="400" /></a>"""

    body = f"""<h1 class="sectionedit1" id="x">{title}</h1><div
 class="level1"><p>{pen.prose(3, 4)}</p>
<p>{media("right")} {pen.prose()}</p></div><div class='secedit editbutton_section
 editbutton_1'><form
 class="button btn_secedit" method="post" action="/doku.php"><div class="no"><button type="submit"
 title="x">Edit</button></div></form></div><h2 class="sectionedit2" id="y">{pen.heading()}</h2><div
 class="level2"><p>{pen.prose()}</p><ul><li class="level1"><div class="li">
 {pen.plain()}</div></li><li
 class="level1"><div class="li"> {pen.plain()}</div></li></ul><div class="wrap_tip plugin_wrap"><p>
{pen.plain()}</p></div><p>{media("center")}</p><p>{pen.prose()}</p></div>"""
    notes = "".join(
        f"""<div class="fn"><sup><a href="#fnt__{n}" id="fn__{n}" class="fn_bot">{n})</a></sup> <div
 class="content">{pen.besides(pen.says.sentence())}</div></div>"""
        for n in range(1, pen.notes + 1)
    )
    logo = pen.decoration("/lib/tpl/dokuwiki/images/logo.png")
    return f"""<!DOCTYPE html><html lang="en" dir="ltr" class="no-js"><head><meta
 charset="utf-8"/><title>
{title} [Boat Shed]</title></head><body><div id="dokuwiki__site"><div id="dokuwiki__top"
 class="site dokuwiki mode_show tpl_dokuwiki showSidebar hasSidebar"><header
 id="dokuwiki__header"><div
 class="pad group"><div class="headings group"><ul class="a11y skip"><li><a
 href="#dokuwiki__content">skip to content</a></li></ul><h1 class="logo"><a href="/"><img
 src="{logo}"
 width="64" height="64" alt=""/><span>Boat Shed</span></a></h1></div><div class="tools group"><div
 id="dokuwiki__usertools"><h3 class="a11y">User Tools</h3><ul><li><a href="#">Log
 In</a></li></ul></div>
<div id="dokuwiki__sitetools"><h3 class="a11y">Site Tools</h3><form class="search"><input
 name="q" type="text"/><button>Search</button></form><ul><li><a href="#">Recent
 Changes</a></li><li><a
 href="#">Media Manager</a></li><li><a href="#">Sitemap</a></li></ul></div></div><div
 class="breadcrumbs"><div class="trace"><span class="bchead">Trace:</span> <span
 class="bcsep">•</span>
<span class="curid"><bdi><a href="#">x</a></bdi></span></div></div></div></header><div
 class="wrapper group"><nav id="dokuwiki__aside"><div class="pad aside include group"><h3
 class="toggle">Sidebar</h3><div class="content"><div
 class="group"><ul>{pen.links(5)}</ul></div></div>
</div></nav><main id="dokuwiki__content"><div class="pad group"><div
 class="pageId"><span>x</span></div>
<div class="page group"><div id="dw__toc" class="dw__toc"><h3 class="toggle">Table of
 Contents</h3><div><ul
 class="toc"><li class="level1"><div class="li"><a
 href="#x">{pen.other_title()}</a></div></li></ul></div>
</div>{body}<div class="footnotes">{notes}</div></div><div class="docInfo"><bdi>x.txt</bdi> · Last
 modified: 2021/03/02 11:20 by <bdi>captain</bdi></div></div></main><nav id="dokuwiki__pagetools"
 aria-labelledby="p"><h3 class="a11y" id="p">Page Tools</h3><div class="tools"><ul><li><a
 href="#"><span>Show pagesource</span></a></li><li><a href="#"><span>Old
 revisions</span></a></li><li><a
 href="#top"><span>Back to top</span></a></li></ul></div></nav></div><footer
 id="dokuwiki__footer"><div
 class="pad"><div class="license">Except where otherwise noted, content on this wiki is licensed
 under
 the following license: <bdi><a href="https://creativecommons.org/licenses/by-sa/4.0/"
 rel="license">CC Attribution-Share Alike
 4.0</a></bdi></div></div></footer></div></div></body></html>"""


def fandom_wiki(pen: Pen) -> str:
    title, host = pen.title(), "https://static.fandom-wiki.example/boats/images"
    gif = "data:image/gif;base64,R0lGODlhAQABAIABAAAAAP///yH5BAEAAAEALAAAAAABAAEAQAICTAEAOw%3D%3D"

    def photo(side: str) -> str:
        full = f"{host}/3/3a/{pen.slug()}.png/revision/latest"
        scaled = f"{full}/scale-to-width-down/250?cb=2021"
        pen.pictured(scaled, f"{full}?cb=2021", full)
        return f"""<figure class="thumb t{side} show-info-icon" style="width: 250px"><a
 href="{full}?cb=2021" class="image"><img alt="" src="{gif}" decoding="async" loading="lazy"
 width="250" height="188" class="thumbimage lazyload" data-image-name="x.png" data-image-key="x.png"
 data-relevant="1" data-src="{scaled}" /></a><noscript><img alt="" src="{scaled}"
 class="thumbimage"/>
</noscript><figcaption class="thumbcaption"><a href="/wiki/File:x.png" class="info-icon"><svg><use
 xlink:href="#icon-info"></use></svg></a> <p
 class="caption">{pen.caption()}</p></figcaption></figure>"""

    box = f"{host}/1/1b/{pen.slug()}.png/revision/latest"
    pen.pictured(f"{box}/scale-to-width-down/268?cb=2020", f"{box}?cb=2020", box)
    facts = "".join(
        f"""<div class="pi-item pi-data pi-item-spacing pi-border-color"><h3 class="pi-data-label">
{pen.besides(name)}</h3><div class="pi-data-value pi-font">{pen.besides(value)}</div></div>"""
        for name, value in (("Built", "1874"), ("Length", "14 m"), ("Captain", pen.says.name()))
    )
    rail = pen.decoration(f"{host}/8/8c/Wiki.png/revision/latest/window-crop/width/150?cb=2019")
    return f"""<!DOCTYPE html><html class="client-nojs sse-other" lang="en" dir="ltr"><head><meta
 charset="UTF-8"/><title>{title} | Boats Wiki | Fandom</title></head><body class="mediawiki ltr
 skin-fandomdesktop ooui-theme-fandomooui action-view"><div
 class="notifications-placeholder"></div><div
 class="global-navigation"><nav><a href="/explore">Explore</a><a href="/s">Start a
 Wiki</a></nav></div><div
 class="main-container"><div class="fandom-community-header__background"></div><header
 class="fandom-community-header"><a href="/" class="fandom-community-header__community-name">Boats
 Wiki</a><nav class="fandom-community-header__local-navigation"><ul
 class="wds-tabs">{pen.links(5)}</ul>
</nav></header><div class="resizable-container"><div class="page has-right-rail"><main
 class="page__main"
 lang="en"><div class="page-header"><div class="page-header__top"><div
 class="page-header__meta"><div
 class="page-header__categories">in: <a href="/c">Boats</a>, <a
 href="/d">Harbours</a></div></div></div>
<div class="page-header__bottom"><h1 class="page-header__title" id="firstHeading"><span
 class="mw-page-title-main">{title}</span></h1><div class="page-header__actions"><a
 class="wds-button"
 href="#"><span>Edit source</span></a></div></div></div><div id="content" class="page-content"><div
 id="mw-content-text" class="mw-body-content"><div class="mw-parser-output"><aside role="region"
 class="portable-infobox pi-background pi-theme-wikia pi-layout-default"><h2 class="pi-item
 pi-title">
{title}</h2><figure class="pi-item pi-image"><a href="{box}" class="image image-thumbnail"><img
 src="{box}/scale-to-width-down/268?cb=2020" class="pi-image-thumbnail" width="268" height="201"
 alt=""/></a><figcaption class="pi-item-spacing
 pi-caption">{pen.caption()}</figcaption></figure>{facts}
</aside><p>{pen.prose(3, 4)}</p>{photo("right")}<h2><span class="mw-headline" id="h">{pen.heading()}
</span></h2><p>{pen.prose()}</p><p>{pen.prose()}</p>{photo("left")}<ul><li>{pen.plain()}</li><li>
{pen.plain()}</li></ul><p>{pen.prose()}</p></div></div></div><div class="page-footer"><div
 class="page-footer__categories"><div class="category-header">Categories</div><ul
 class="categories">
<li class="category"><a href="/c">Boats</a></li></ul></div><div
 class="license-description">Community
 content is available under <a href="/l">CC-BY-SA</a> unless otherwise noted.</div></div></main><div
 class="page__right-rail"><aside class="right-rail-wrapper"><div id="top-boxad"
 class="top-ads-container"><span>Advertisement</span></div><section class="rail-module
 popular-pages-module"><h2 class="popular-pages-module__title">Popular Pages</h2><ul><li><a
 href="/p"><img
 src="{rail}" width="53" height="53" alt="">
 <span>{pen.other_title()}</span></a></li></ul></section>
</aside></div></div></div></div><footer class="global-footer"><section><h3>Explore
 properties</h3><ul>
{pen.links(3)}</ul></section><p>Boats Wiki is a community. {pen.junk("rights")}</p></footer></body>
</html>"""


def docusaurus(pen: Pen) -> str:
    pen.marks = [
        lambda text: f"<code>{text}</code>",
        lambda text: f'<a href="/docs/x" class="">{text}</a>',
        lambda text: f"<strong>{text}</strong>",
    ]
    title = pen.title()

    def photo() -> str:
        src = pen.pictured(f"/assets/images/{pen.slug()}.png")
        return f"""<p><img decoding="async" loading="lazy" alt="" src="{src}" width="1200"
 height="800"
 class="img_ev3q"></p>"""

    code = pen.besides("npm run harbour -- --open")
    menu = pen.links(
        5,
        '<li class="theme-doc-sidebar-item-link menu__list-item"><a class="menu__link"'
        ' href="/docs/{low}">{name}</a></li>',
    )
    return f"""<!doctype html><html lang="en" dir="ltr" class="docs-wrapper plugin-docs
 docs-version-current
 docs-doc-page"><head><meta charset="UTF-8"><title data-rh="true">{title} |
 Harbour</title></head><body
 class="navigation-with-keyboard"><div id="__docusaurus"><div role="region"
 aria-label="Skip to main content"><a class="skipToContent_fXgn" href="#c">Skip to main
 content</a></div>
<div class="theme-announcement-bar announcementBar_mb4j" role="banner"><div
 class="content_knG7 announcementBarContent_xLdY">Version 3 is out! Read the <a href="/n">release
 notes</a>.</div></div><nav aria-label="Main" class="navbar navbar--fixed-top"><div
 class="navbar__inner"><a class="navbar__brand" href="/"><div class="navbar__logo"><img
 src="{pen.decoration("/img/logo.svg")}" alt="Logo"></div><b class="navbar__title">Harbour</b></a>
{pen.links(4, '<a class="navbar__item navbar__link" href="/{low}">{name}</a>')}</div></nav><div
 id="c" class="main-wrapper mainWrapper_z2l0"><div class="docsWrapper_hBAB"><aside
 class="theme-doc-sidebar-container docSidebarContainer_YfHR"><nav aria-label="Docs sidebar"
 class="menu thin-scrollbar menu_SIkG"><ul class="theme-doc-sidebar-menu
 menu__list">{menu}</ul></nav>
</aside><main class="docMainContainer_TBSr"><div class="container padding-top--md
 padding-bottom--lg"><div class="row"><div class="col docItemCol_VOVn"><div
 class="docItemContainer_Djhp"><article><nav class="theme-doc-breadcrumbs breadcrumbsContainer_Z_bl"
 aria-label="Breadcrumbs"><ul class="breadcrumbs"><li class="breadcrumbs__item"><span
 class="breadcrumbs__link">Guides</span></li></ul></nav><span class="theme-doc-version-badge badge
 badge--secondary">Version: 3.0</span><div class="tocCollapsible_ETCw theme-doc-toc-mobile"><button
 type="button" class="clean-btn tocCollapsibleButton_TO0P">On this page</button></div><div
 class="theme-doc-markdown markdown"><header><h1>{title}</h1></header><p>{pen.prose(3, 4)}</p><div
 class="theme-admonition theme-admonition-tip admonition_xJq3 alert alert--success"><div
 class="admonitionHeading_Gvgb"><span
 class="admonitionIcon_Rf37"><svg></svg></span>{pen.besides("tip")}
</div><div class="admonitionContent_BuS1"><p>{pen.plain()}</p></div></div><h2 class="anchor
 anchorWithStickyNavbar_LWe7" id="a">{pen.heading()}<a href="#a" class="hash-link"
 aria-label="Direct link" title="Direct link">&#8203;</a></h2><p>{pen.prose()}</p><div
 class="language-bash
 codeBlockContainer_Ckt0 theme-code-block"><div class="codeBlockContent_biex"><pre tabindex="0"
 class="prism-code language-bash codeBlock_bY9V"><code class="codeBlockLines_e6Vv"><span
 class="token-line"><span class="token plain">{code}</span><br></span></code></pre><div
 class="buttonGroup__atx"><button type="button" aria-label="Copy code to
 clipboard"></button></div></div>
</div>{photo()}<p>{pen.prose()}</p><ol><li>{pen.plain()}</li><li>{pen.plain()}</li></ol><div
 class="theme-tabs-container tabs-container tabList__CuJ"><ul role="tablist" class="tabs"><li
 role="tab"
 class="tabs__item tabs__item--active">{pen.besides("Linux")}</li><li role="tab" class="tabs__item">
{pen.besides("Windows")}</li></ul><div class="margin-top--md"><div role="tabpanel"
 class="tabItem_Ymn6"><p>{pen.plain()}</p></div></div></div>{photo()}<p>{pen.prose()}</p></div><footer
 class="theme-doc-footer docusaurus-mt-lg"><div class="row"><div class="col"><a
 href="https://git.example/edit" class="theme-edit-this-page">Edit this page</a></div><div
 class="col lastUpdated_vwxv"><span class="theme-last-updated">Last updated on <b><time>Mar 2,
 2021</time></b> by <b>captain</b></span></div></div></footer></article><nav class="pagination-nav
 docusaurus-mt-lg" aria-label="Docs pages"><a class="pagination-nav__link
 pagination-nav__link--prev" href="/p"><div class="pagination-nav__sublabel">Previous</div><div
 class="pagination-nav__label">{pen.other_title()}</div></a></nav></div></div><div
 class="col col--3"><div class="tableOfContents_bqdL thin-scrollbar theme-doc-toc-desktop"><ul
 class="table-of-contents table-of-contents__left-border"><li><a href="#a"
 class="table-of-contents__link
 toc-highlight">{pen.other_title()}</a></li></ul></div></div></div></div>
</main></div></div><footer class="footer footer--dark"><div class="container container-fluid"><div
 class="row footer__links"><div class="col footer__col"><div
 class="footer__title">Community</div><ul
 class="footer__items clean-list">{pen.links(3)}</ul></div></div><div class="footer__bottom
 text--center"><div class="footer__copyright">Copyright © 2024 Harbour. Built with
 Docusaurus.</div></div>
</div></footer></div></body></html>"""


def bootstrap_docs(pen: Pen) -> str:
    title = pen.title()

    def photo() -> str:
        src = pen.pictured(f"/docs/5.3/assets/img/{pen.slug()}.webp")
        return f"""<figure class="figure"><img src="{src}" class="figure-img img-fluid rounded"
 alt=""
 loading="lazy"><figcaption class="figure-caption text-end">{pen.caption()}</figcaption></figure>"""

    def card() -> str:
        src = pen.pictured(f"/docs/5.3/assets/img/{pen.slug()}.webp")
        return f"""<div class="col"><div class="card h-100"><img src="{src}" class="card-img-top"
 alt=""><div class="card-body"><h5 class="card-title">{pen.besides("Card title")}</h5><p
 class="card-text">{pen.plain()}</p></div></div></div>"""

    code = pen.besides('class="btn btn-primary" type="button"')
    return f"""<!doctype html><html lang="en" data-bs-theme="auto"><head><meta
 charset="utf-8"><title>{title}
 · Harbour v5.3</title></head><body><div class="skippy visually-hidden-focusable
 overflow-hidden"><div
 class="container-xl"><a class="d-inline-flex p-2 m-1" href="#content">Skip to main content</a><a
 class="d-none d-md-inline-flex p-2 m-1" href="#bd-docs-nav">Skip to docs navigation</a></div></div>
<header class="navbar navbar-expand-lg bd-navbar sticky-top"><nav class="container-xxl bd-gutter
 flex-wrap flex-lg-nowrap" aria-label="Main navigation"><a class="navbar-brand"
 href="/">Harbour</a><div
 class="offcanvas-lg offcanvas-end"><ul
 class="navbar-nav">{pen.links(4)}</ul></div></nav></header><div
 class="container-xxl bd-gutter mt-3 my-md-4 bd-layout"><aside class="bd-sidebar"><div
 class="offcanvas-lg offcanvas-start"><div class="offcanvas-body"><nav class="bd-links w-100"
 id="bd-docs-nav"><ul class="bd-links-nav
 list-unstyled">{pen.links(6)}</ul></nav></div></div></aside><main
 class="bd-main order-1"><div class="bd-intro pt-2 ps-lg-2"><div class="d-md-flex
 align-items-center"><div class="mb-3 d-flex"><a class="btn btn-sm btn-bd-light" href="#">View on
 GitHub</a></div><h1 class="bd-title mb-0" id="content">{title}</h1></div><p
 class="bd-lead">{pen.plain()}
</p><div id="carbonads"><span class="carbon-wrap"><a href="#" class="carbon-text">Design and develop
 websites with a kit for sailors</a></span><a class="carbon-poweredby" href="#">ads via
 Carbon</a></div>
</div><div class="bd-toc mt-3 mb-5 my-lg-0 mb-lg-5 px-sm-1 text-body-secondary"><strong
 class="d-none d-lg-block h6 my-2 ms-3">On this page</strong><div class="collapse
 bd-toc-collapse"><nav
 id="TableOfContents"><ul><li><a href="#a">{pen.other_title()}</a></li></ul></nav></div></div><div
 class="bd-content ps-lg-2"><h2 id="a">{pen.heading()} <a class="anchor-link" href="#a"
 aria-label="Link to this section"></a></h2><p>{pen.prose(3, 4)}</p><div class="bd-example-snippet
 bd-code-snippet"><div class="bd-example"><button type="button" class="btn
 btn-primary">Primary</button>
</div><div class="highlight"><pre tabindex="0" class="chroma"><code
 class="language-html">{code}</code>
</pre></div></div><p>{pen.prose()}</p><div class="bd-callout
 bd-callout-info"><p>{pen.plain()}</p></div>
{photo()}<p>{pen.prose()}</p><div class="row row-cols-1 row-cols-md-2 g-4">{card()}{card()}</div><p>
{pen.prose()}</p></div></main></div><footer class="bd-footer py-4 py-md-5 mt-5
 bg-body-tertiary"><div
 class="container"><ul class="list-unstyled small"><li class="mb-2">Designed and built with all the
 love
 in the world by the <a href="/t">Harbour
 team</a>.</li></ul><h5>Links</h5><ul>{pen.links(3)}</ul></div>
</footer></body></html>"""


def notion_export(pen: Pen) -> str:
    pen.marks = [
        lambda text: f"<strong>{text}</strong>",
        lambda text: f'<mark class="highlight-red">{text}</mark>',
        lambda text: f'<a href="https://www.notion.so/x">{text}</a>',
    ]
    title = pen.title()

    def ident() -> str:
        return f"{pen.random.randrange(1 << 64):016x}"

    def photo() -> str:
        src = pen.pictured(f"{pen.slug()}/Untitled.png")
        return f"""<figure id="{ident()}" class="image"><a href="{src}"><img style="width:912px"
 src="{src}"/></a><figcaption>{pen.caption()}</figcaption></figure>"""

    def text(markup: str) -> str:
        return f'<p id="{ident()}" class="">{markup}</p>'

    cover = pen.pictured(f"https://images.unsplash.example/{pen.slug()}?w=4800")
    return f"""<html><head><meta http-equiv="Content-Type" content="text/html;
 charset=utf-8"/><title>
{title}</title></head><body><article id="{ident()}" class="page sans"><header><img
 class="page-cover-image" src="{cover}" style="object-position:center 50%"/><div
 class="page-header-icon page-header-icon-with-cover"><span class="icon">⛵</span></div><h1
 class="page-title">{title}</h1><p class="page-description"></p><table
 class="properties"><tbody><tr class="property-row property-row-created_time"><th><span
 class="icon property-icon"></span>{pen.besides("Created")}</th><td><time>
{pen.besides("@March 2, 2021 11:20 AM")}</time></td></tr></tbody></table></header><div
 class="page-body"><nav id="{ident()}" class="block-color-gray table_of_contents"><div
 class="table_of_contents-item table_of_contents-indent-0"><a class="table_of_contents-link"
 href="#x">{pen.other_title()}</a></div></nav>{text(pen.prose(3, 4))}{photo()}<h2 id="x" class="">
{pen.heading()}</h2>{text(pen.prose())}<figure class="block-color-gray_background callout"
 style="white-space:pre-wrap;display:flex" id="{ident()}"><div style="font-size:1.5em"><span
 class="icon">💡</span></div><div style="width:100%">{pen.plain()}</div></figure><ul id="{ident()}"
 class="bulleted-list"><li style="list-style-type:disc">{pen.plain()}</li></ul><ul id="{ident()}"
 class="bulleted-list"><li style="list-style-type:disc">{pen.plain()}</li></ul><ul id="{ident()}"
 class="toggle"><li><details open=""><summary>{pen.besides("More")}</summary>{text(pen.prose(1, 2))}
</details></li></ul><div id="{ident()}" class="column-list"><div style="width:50%"
 class="column">{text(pen.prose())}</div><div style="width:50%" class="column">{photo()}</div></div>
<blockquote id="{ident()}" class="">{pen.plain()}</blockquote>{text(pen.prose())}{text("")}</div>
</article></body></html>"""


TEMPLATES = (
    mediawiki_monobook,
    dokuwiki,
    fandom_wiki,
    docusaurus,
    bootstrap_docs,
    notion_export,
)
