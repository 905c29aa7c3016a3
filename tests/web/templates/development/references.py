"""Works of reference: MediaWiki, Sphinx, a README, Confluence, a government's guide."""

from __future__ import annotations

from tests.web.templates.pen import Pen


def _wiki_link(text: str) -> str:
    return f'<a href="/wiki/{text.replace(" ", "_")}" title="{text.strip("“”")}">{text}</a>'


def _wiki_note(number: int) -> str:
    return (
        f'<sup id="cite_ref-{number}" class="reference"><a href="#cite_note-{number}"><span'
        f' class="cite-bracket">[</span>{number}<span class="cite-bracket">]</span></a></sup>'
    )


def mediawiki_vector_2022(pen: Pen) -> str:
    pen.note, pen.marks = _wiki_note, [_wiki_link, lambda text: f"<i>{text}</i>"]
    title, host = pen.title(), "//upload.wiki.example/thumb/a/a1/"

    def sizes(name: str, widths: tuple[int, ...]) -> list[str]:
        return [f"{host}{name}/{width}px-{name}" for width in widths]

    def photo(side: str) -> str:
        small, middle, large = sizes(f"{pen.slug()}.jpg", (220, 330, 440))
        src = pen.pictured(small, middle, large)
        return f"""<figure typeof="mw:File/Thumb" class="mw-default-size mw-halign-{side}"><a
 href="/wiki/File:{pen.number}.jpg" class="mw-file-description"><img src="{src}" decoding="async"
 width="220" height="165" class="mw-file-element" srcset="{middle} 1.5x, {large} 2x"
 data-file-width="4000" data-file-height="3000" /></a><figcaption>{pen.caption()}</figcaption>
</figure>"""

    def section() -> str:
        name = pen.heading()
        return f"""<div class="mw-heading mw-heading2"><h2 id="s">{name}</h2><span
 class="mw-editsection"><span class="mw-editsection-bracket">[</span><a
 href="/w/index.php?action=edit"
 title="Edit section"><span>edit</span></a><span
 class="mw-editsection-bracket">]</span></span></div>
<p>{pen.prose(3, 4)}</p>"""

    box, large = sizes(f"{pen.slug()}.jpg", (250, 500))
    pen.pictured(box, large)
    icon = pen.decoration(
        "//upload.wiki.example/thumb/4/4a/Commons-logo.svg/30px-Commons-logo.svg.png"
    )
    coordinates = pen.besides("54°33′N 1°12′W")
    body = f"""<table class="infobox vcard"><tbody><tr><th colspan="2" class="infobox-above fn
 org">{title}</th></tr><tr><td colspan="2" class="infobox-image"><span class="mw-default-size"
 typeof="mw:File/Frameless"><a href="/wiki/File:x.jpg" class="mw-file-description"><img src="{box}"
 decoding="async" width="250" height="188" class="mw-file-element" srcset="{large} 2x" /></a></span>
<div class="infobox-caption">{pen.caption()}</div></td></tr><tr><th scope="row"
 class="infobox-label">{pen.besides("Location")}</th><td class="infobox-data">
{pen.besides("Arnmouth, North County")}</td></tr><tr><th scope="row" class="infobox-label">
{pen.besides("Built")}</th><td class="infobox-data">{pen.besides("1874; rebuilt 1911")}</td></tr>
</tbody></table><p>{pen.prose(3, 5)}</p><p>{pen.prose()}</p>
<meta property="mw:PageProp/toc" />{section()}{photo("left")}<p>{pen.prose()}</p>{section()}
{photo("right")}{section()}"""
    notes = "".join(
        f"""<li id="cite_note-{n}"><span class="mw-cite-backlink"><b><a
 href="#cite_ref-{n}">^</a></b>
</span> <span class="reference-text"><cite class="citation book
 cs1">{pen.besides("Pym, W. (1998).")}
<i>{pen.besides(pen.says.title())}</i>. {pen.besides("North Press. p. 12.")}</cite></span></li>"""
        for n in range(1, pen.notes + 1)
    )
    return f"""<!DOCTYPE html>
<html class="client-nojs vector-feature-language-in-header-enabled" lang="en" dir="ltr"><head><meta
 charset="UTF-8"><title>{title} - Wiki</title></head><body class="skin--responsive skin-vector
 skin-vector-search-vue mediawiki ltr sitedir-ltr ns-0 ns-subject page-x rootpage-x
 skin-vector-2022 action-view"><a class="mw-jump-link" href="#bodyContent">Jump to content</a>
<div class="vector-header-container"><header class="vector-header mw-header"><div
 class="vector-header-start"><nav class="vector-main-menu-landmark" aria-label="Site"><div
 class="vector-dropdown vector-main-menu-dropdown vector-button-flush-left"><label>Main menu</label>
<div class="vector-dropdown-content"><ul class="vector-menu-content-list">{pen.links(5)}</ul></div>
</div></nav><a href="/wiki/Main_Page" class="mw-logo"><img class="mw-logo-icon"
 src="{pen.decoration("/static/images/icons/wiki.png")}" alt="" height="50" width="50"></a></div>
<div class="vector-header-end"><div id="p-search" role="search"><form action="/w/index.php"
 id="searchform"><input type="search" name="search"
 placeholder="Search"><button>Search</button></form>
</div><nav class="vector-user-links"><ul><li><a href="#">Create account</a></li><li><a href="#">Log
 in</a></li></ul></nav></div></header></div>
<div class="mw-page-container"><div class="mw-page-container-inner"><div
 class="vector-sitenotice-container"></div><div class="vector-column-start"><nav id="mw-panel-toc"
 aria-label="Contents" class="mw-table-of-contents-container"><div id="vector-toc"
 class="vector-toc"><h2 class="vector-pinnable-header-label">Contents</h2><ul
 class="vector-toc-contents"><li class="vector-toc-list-item"><a class="vector-toc-link"
 href="#s"><div class="vector-toc-text"><span class="vector-toc-numb">1</span> <span>
{pen.other_title()}</span></div></a></li></ul></div></nav></div><div class="mw-content-container">
<main id="content" class="mw-body"><header class="mw-body-header vector-page-titlebar"><h1
 id="firstHeading" class="firstHeading mw-first-heading"><span class="mw-page-title-main">{title}
</span></h1><div id="p-lang-btn" class="vector-dropdown mw-portlet mw-portlet-lang"><label
 class="vector-dropdown-label"><span class="vector-dropdown-label-text">12 languages</span></label>
<div class="vector-dropdown-content"><ul><li class="interlanguage-link interwiki-de"><a
 href="https://de.wiki.example"><span>Deutsch</span></a></li><li><a
 href="#"><span>Français</span></a>
</li></ul></div></div></header><div class="vector-page-toolbar"><nav aria-label="Namespaces"><ul><li
 id="ca-nstab-main" class="selected"><a href="#"><span>Article</span></a></li><li><a
 href="#"><span>Talk</span></a></li></ul></nav><nav aria-label="Views"><ul><li><a
 href="#"><span>Read</span></a></li><li><a href="#"><span>View
 history</span></a></li></ul></nav></div>
<div id="bodyContent" class="vector-body" aria-labelledby="firstHeading"><div
 class="vector-body-before-content"><div class="mw-indicators"></div><div id="siteSub"
 class="noprint">From the free encyclopedia</div></div><div id="contentSub"><div
 id="mw-content-subtitle"></div></div><div id="mw-content-text" class="mw-body-content"><div
 class="mw-content-ltr mw-parser-output" lang="en" dir="ltr"><div class="shortdescription
 nomobile noexcerpt noprint searchaux" style="display:none">Building in North County</div><div
 role="note" class="hatnote navigation-not-searchable">{pen.besides("For other uses, see")} <a
 href="/wiki/x">{pen.besides("Arnmouth (disambiguation)")}</a>.</div>
<span id="coordinates"><a href="#">{coordinates}</a></span>
{body}<div class="mw-heading mw-heading2"><h2 id="References">{pen.besides("References")}</h2></div>
<div class="mw-references-wrap"><ol class="references">{notes}</ol></div>
<div class="navbox-styles"></div><div role="navigation" class="navbox" aria-labelledby="x"><table
 class="nowraplinks mw-collapsible navbox-inner"><tbody><tr><th
 class="navbox-title">Towers</th></tr>
<tr><td class="navbox-list"><div><ul>{pen.links(8)}</ul></div></td></tr></tbody></table></div>
<div class="side-box metadata side-box-right plainlinks sistersitebox"><div
 class="side-box-flex"><div
 class="side-box-image"><img alt="" src="{icon}" width="30" height="40"></div><div
 class="side-box-text plainlist">Wikimedia Commons has media related to <a
 href="#">towers</a>.</div>
</div></div></div><div class="printfooter" data-nosnippet="">Retrieved from "<a
 href="/w/index.php?oldid=1">https://wiki.example/w/index.php?oldid=1</a>"</div></div><div
 id="catlinks" class="catlinks"><div id="mw-normal-catlinks"><a href="#">Categories</a>: <ul><li><a
 href="#">Buildings completed in 1874</a></li></ul></div></div></div></main></div>
<div class="mw-footer-container"><footer id="footer" class="mw-footer"><ul id="footer-info"><li
 id="footer-info-lastmod">This page was last edited on {pen.says.date()}.</li><li
 id="footer-info-copyright">{pen.junk("rights")}</li></ul></footer></div></div></div></body></html>"""


def sphinx_rtd(pen: Pen) -> str:
    pen.marks = [
        lambda text: (
            f'<code class="docutils literal notranslate"><span class="pre">{text}</span></code>'
        ),
        lambda text: (
            f'<a class="reference internal" href="usage.html"><span class="std'
            f' std-ref">{text}</span></a>'
        ),
        lambda text: f"<em>{text}</em>",
    ]
    title = pen.title()

    def photo() -> str:
        src = pen.pictured(f"_images/{pen.slug()}.png")
        return f"""<figure class="align-default" id="id{pen.number}"><a class="reference internal
 image-reference" href="{src}"><img alt="{src}" src="{src}" style="width: 600px;" /></a>
<figcaption><p><span class="caption-text">{pen.caption()}</span><a class="headerlink" href="#id1"
 title="Permalink to this image">¶</a></p></figcaption></figure>"""

    def bare() -> str:
        src = pen.pictured(f"_images/{pen.slug()}.png")
        return f"""<a class="reference internal image-reference" href="{src}"><img alt="{src}"
 class="align-center" src="{src}" style="width: 80%;" /></a>"""

    code = pen.besides("from harbour import Boat")
    return f"""<!DOCTYPE html>
<html class="writer-html5" lang="en"><head><meta charset="utf-8" /><title>{title} &mdash; Harbour
 2.1
 documentation</title></head><body class="wy-body-for-nav"><div class="wy-grid-for-nav">
<nav data-toggle="wy-nav-shift" class="wy-nav-side"><div class="wy-side-scroll"><div
 class="wy-side-nav-search" ><a href="index.html" class="icon icon-home"> Harbour <img
 src="{pen.decoration("_static/logo.png")}" class="logo" alt="Logo"/></a><div class="version">2.1
</div><div role="search"><form id="rtd-search-form" class="wy-form" action="search.html"><input
 type="text" name="q" placeholder="Search docs" /></form></div></div><div class="wy-menu
 wy-menu-vertical" data-spy="affix" role="navigation" aria-label="Navigation menu"><p
 class="caption"
 role="heading"><span class="caption-text">Contents:</span></p><ul class="current"><li
 class="toctree-l1 current"><a class="current reference internal" href="#">{title}</a></li>
{pen.links(5, '<li class="toctree-l1"><a class="reference" href="{low}.html">{name}</a></li>')}
</ul></div></div></nav><section data-toggle="wy-nav-shift" class="wy-nav-content-wrap"><nav
 class="wy-nav-top" aria-label="Mobile navigation menu"><i data-toggle="wy-nav-top" class="fa
 fa-bars"></i><a href="index.html">Harbour</a></nav><div class="wy-nav-content"><div
 class="rst-content"><div role="navigation" aria-label="Page navigation"><ul
 class="wy-breadcrumbs"><li><a href="index.html" class="icon icon-home"></a></li><li
 class="breadcrumb-item active">{title}</li><li class="wy-breadcrumbs-aside"><a
 href="_sources/x.rst.txt" rel="nofollow"> View page source</a></li></ul><hr/></div><div
 role="main" class="document" itemscope="itemscope"><div itemprop="articleBody"><section
 id="x"><h1>{title}<a class="headerlink" href="#x" title="Permalink to this heading">¶</a></h1>
<p>{pen.prose(3, 4)}</p><div class="admonition note"><p class="admonition-title">
{pen.besides("Note")}</p><p>{pen.plain()}</p></div>{photo()}<section id="y"><h2>{pen.heading()}<a
 class="headerlink" href="#y" title="Permalink to this heading">¶</a></h2><p>{pen.prose()}</p><div
 class="highlight-python notranslate"><div class="highlight"><pre><span></span><span
 class="kn">{code}</span></pre></div></div><p>{pen.prose()}</p><ul
 class="simple"><li><p>{pen.plain()}
</p></li><li><p>{pen.plain()}</p></li></ul>{bare()}<p>{pen.prose()}</p></section></section></div></div>
<footer><div class="rst-footer-buttons" role="navigation" aria-label="Footer"><a href="a.html"
 class="btn btn-neutral float-left" title="Installation" accesskey="p" rel="prev"><span class="fa
 fa-arrow-circle-left"></span> Previous</a><a href="b.html" class="btn btn-neutral float-right"
 rel="next">Next <span class="fa"></span></a></div><hr/><div role="contentinfo"><p>&#169; Copyright
 2021, the Harbour authors.</p></div> Built with <a href="https://www.sphinx-doc.org/">Sphinx</a>
 using a <a href="#">theme</a> provided by <a href="https://readthedocs.org">Read the Docs</a>.
</footer></div></div></section></div></body></html>"""


def github_readme(pen: Pen) -> str:
    pen.marks = [
        lambda text: f"<code>{text}</code>",
        lambda text: f'<a href="https://example.org" rel="nofollow">{text}</a>',
        lambda text: f"<strong>{text}</strong>",
    ]
    title = pen.title()

    def photo() -> str:
        path = f"harbour/boats/raw/main/docs/{pen.slug()}.png"
        src = pen.pictured(f"/{path}", f"https://github-readme.example/{path}")
        return f"""<p dir="auto"><a target="_blank" rel="noopener noreferrer" href="/{path}"><img
 src="{src}" alt="" style="max-width: 100%;"></a></p>"""

    def badge(name: str) -> str:
        src = pen.decoration(f"https://camo.example/{pen.random.randrange(1 << 64):x}/{name}.svg")
        return f"""<a href="#" rel="nofollow"><img src="{src}" alt="{name}"
 data-canonical-src="https://img.shields.io/badge/{name}.svg" style="max-width: 100%;"></a>"""

    def row(name: str) -> str:
        return f"""<tr class="react-directory-row" id="folder-row"><td><div
 class="react-directory-filename-column"><a title="{name}" href="#">{name}</a></div></td><td><a
 href="#">Fix typo in {name}</a></td><td><relative-time>3 years ago</relative-time></td></tr>"""

    code = pen.besides("pip install harbour")
    return f"""<!DOCTYPE html><html lang="en" data-color-mode="auto"><head><meta charset="utf-8">
<title>harbour/boats: {title}</title></head><body class="logged-out env-production
 page-responsive"><div class="position-relative header-wrapper js-header-wrapper"><a
 href="#start-of-content" class="px-2 py-4 color-bg-accent-emphasis show-on-focus
 js-skip-to-content">Skip to content</a><header class="HeaderMktg header-logged-out"
 role="banner"><button class="Button--link" type="button">Toggle navigation</button><nav
 class="HeaderMenu-nav" aria-label="Global"><ul>{pen.links(5)}</ul></nav></header></div>
<div class="application-main" data-commit-hovercards-enabled><div itemscope
 itemtype="http://schema.org/SoftwareSourceCode"><main id="js-repo-pjax-container"><div
 id="repository-container-header" class="pt-3 hide-full-screen"><span class="author"><a
 rel="author" href="/harbour">harbour</a></span> / <strong itemprop="name"><a
 href="/harbour/boats">boats</a></strong> <span class="Label Label--secondary">Public</span><ul
 class="pagehead-actions flex-shrink-0"><li><a href="/login" class="btn-sm btn">Notifications</a>
 You
 must be signed in to change notification settings</li></ul><nav class="js-repo-nav"><ul><li><a
 href="#">Code</a></li><li><a href="#">Issues <span
 class="Counter">12</span></a></li></ul></nav></div>
<turbo-frame id="repo-content-turbo-frame"><div class="Layout"><div class="Layout-main"><table
 aria-labelledby="folders-and-files"><tbody>{row("docs")}{row("src")}{row("LICENSE")}</tbody></table>
<div class="Box"><div class="js-snippet-clipboard-copy-unpositioned"><article class="markdown-body
 entry-content container-lg" itemprop="text"><div class="markdown-heading" dir="auto"><h1
 tabindex="-1" class="heading-element" dir="auto">{title}</h1><a id="user-content-x" class="anchor"
 aria-label="Permalink" href="#x"><svg class="octicon octicon-link" viewBox="0 0 16 16"><path
 d="m7.775 3.275"></path></svg></a></div><p dir="auto">{badge("build")} {badge("coverage")}
 {badge("licence")}</p><p dir="auto">{pen.prose(3, 4)}</p>{photo()}<div class="markdown-heading"
 dir="auto"><h2 tabindex="-1" class="heading-element" dir="auto">{pen.heading()}</h2></div><p
 dir="auto">{pen.prose()}</p><div class="highlight highlight-source-shell notranslate
 position-relative overflow-auto" dir="auto"><pre>{code}</pre><div class="zeroclipboard-container">
<clipboard-copy aria-label="Copy" class="ClipboardButton btn btn-invisible"
 value="x"></clipboard-copy></div></div><ul dir="auto"><li>{pen.prose(1, 1)}</li><li>
{pen.prose(1, 1)}</li></ul><p dir="auto">{pen.prose()}</p>{photo()}<p dir="auto">{pen.prose()}</p>
</article></div></div></div><div class="Layout-sidebar"><div class="BorderGrid about-margin"><h2
 class="mb-3 h4">About</h2><p class="f4 my-3">A library of boats for everyone.</p><div
 class="topics-row-container"><a href="/topics/boats" class="topic-tag">boats</a> <a
 href="/topics/python" class="topic-tag">python</a></div><div class="mt-2"><a href="#"
 class="Link--muted"><svg class="octicon octicon-star mr-2"></svg><strong>482</strong>
 stars</a></div>
<h2 class="h4 mb-3"><a href="#">Contributors <span class="Counter">3</span></a></h2><ul><li><a
 href="/u"><img src="{pen.decoration("https://avatars.example/u/1?s=64&v=4")}" alt="@u" size="32"
 height="32" width="32" class="avatar circle"></a></li></ul></div></div></div></turbo-frame></main>
</div></div><footer class="footer pt-7 pb-6 f6 color-fg-muted"><h2 class="sr-only">Footer</h2><ul>
<li>&copy; 2024 Harbour, Inc.</li>{pen.links(4)}</ul></footer><div id="ajax-error-message"
 class="ajax-error-message flash flash-error" hidden>You can't perform that action at this
 time.</div>
</body></html>"""


def confluence(pen: Pen) -> str:
    title, base = pen.title(), "/download/thumbnails/12345"

    def photo() -> str:
        name = f"{pen.slug()}.png"
        full = f"/download/attachments/12345/{name}?version=1&api=v2"
        src = pen.pictured(f"{base}/{name}?version=1&api=v2", full)
        return f"""<p><span class="confluence-embedded-file-wrapper image-center-wrapper
 confluence-embedded-manual-size"><img class="confluence-embedded-image image-center" width="640"
 loading="lazy" src="{src.replace("&", "&amp;")}" data-image-src="{full.replace("&", "&amp;")}"
 data-linked-resource-type="attachment" data-linked-resource-default-alias="{name}"></span></p>"""

    person = pen.decoration("/download/attachments/9/user-avatar")
    return f"""<!DOCTYPE html><html lang="en-GB" class="theme-default"><head><title>{title} -
 Harbour -
 Confluence</title></head><body id="com-atlassian-confluence" class="theme-default
 aui-layout aui-theme-default"><ul id="assistive-skip-links" class="assistive"><li><a
 href="#title-heading">Skip to content</a></li><li><a href="#breadcrumbs">Skip to
 breadcrumbs</a></li>
</ul><div id="page"><div id="full-height-container"><div id="header-precursor"><div
 class="cell"></div></div><header id="header" role="banner"><nav class="aui-header
 aui-dropdown2-trigger-group"><div class="aui-header-primary"><ul
 class="aui-nav">{pen.links(4)}</ul>
</div></nav></header><div class="ia-splitter"><div class="ia-splitter-left"><div
 class="ia-fixed-sidebar" role="complementary"><div class="acs-side-bar-space-info tipsy-enabled"><a
 class="name" href="#">Harbour</a></div><div class="ia-secondary-container"><h5
 class="ia-secondary-header-title page-tree"><span class="label">Page tree</span></h5><div
 class="plugin_pagetree"><ul class="plugin_pagetree_children_list">{pen.links(6)}</ul></div></div>
</div></div><div id="main" class="aui-page-panel"><div id="main-header"><div id="navigation"
 class="content-navigation view"><ul class="ajs-menu-bar"><li class="ajs-button normal"><a
 id="action-menu-link" href="#"><span>Page Information</span></a></li></ul></div><h1
 id="title-heading"
 class="pagetitle"><span id="title-text"><a href="#">{title}</a></span></h1></div><div id="content"
 class="page view"><div id="action-messages"></div><div class="page-metadata"><ul><li
 class="page-metadata-modification-info">Created by <span class="author"><a class="url fn"
 href="#">{pen.says.name()}</a></span>, last modified on <a class="last-modified" href="#">Jan 12,
 2021</a></li></ul></div><div id="main-content" class="wiki-content"><div
 class="contentLayout2"><div
 class="columnLayout single" data-layout="single"><div class="cell normal"
 data-type="normal"><div class="innerCell"><p>{pen.prose(3, 4)}</p><h2 id="x">{pen.heading()}</h2>
<p>{pen.prose()}</p>{photo()}<div class="confluence-information-macro
 confluence-information-macro-information"><span class="aui-icon aui-icon-small
 aui-iconfont-info confluence-information-macro-icon"></span><div
 class="confluence-information-macro-body"><p>{pen.plain()}</p></div></div><div
 class="table-wrap"><table class="confluenceTable"><tbody><tr><th class="confluenceTh">
{pen.besides("Part")}</th><th class="confluenceTh">{pen.besides("State")}</th></tr><tr><td
 class="confluenceTd">{pen.besides("Bell tower")}</td><td class="confluenceTd">
{pen.besides("Dry")}</td></tr></tbody></table></div><p>{pen.prose()}</p>{photo()}<p>{pen.prose()}</p>
</div></div></div></div></div><div id="likes-and-labels-container"><div id="likes-section"
 class="no-print"><a class="like-button" href="">Like</a> Be the first to like this</div><div
 id="labels-section" class="pageSection group"><ul class="label-list"><li
 class="no-labels-message">No
 labels</li></ul></div></div><div id="comments-section" class="pageSection group"><h2
 id="comments-section-title">1 Comment</h2><ol class="comment-threads top-level"><li
 class="comment-thread"><div class="comment"><p class="comment-user-logo"><img
 class="userLogo logo" src="{person}" alt="" height="48" width="48"/></p><h4 class="author">
{pen.says.name()}</h4><div class="comment-body"><div class="comment-content wiki-content"><p>
{pen.junk("comment")}</p></div></div></div></li></ol></div></div></div></div><div id="footer"
 role="contentinfo"><section class="footer-body"><ul id="poweredby"><li>Powered by <a
 href="#">Atlassian
 Confluence</a> <span
 id="footer-build-information">7.13.7</span></li></ul></section></div></div></div>
</body></html>"""


def government_guide(pen: Pen) -> str:
    pen.marks = [
        lambda text: (
            f'<a rel="external" href="https://www.example.gov" class="govuk-link">{text}</a>'
        ),
        lambda text: f"<strong>{text}</strong>",
    ]
    title, base = pen.title(), "https://assets.government-guide.example/media"

    def photo() -> str:
        key = f"{base}/{pen.random.randrange(1 << 60):x}"
        sizes = [f"{key}/s{width}_{pen.number}.jpg" for width in (300, 465, 712, 960)]
        src = pen.pictured(*sizes[::-1])
        return f"""<figure class="image embedded"><div class="img"><img src="{src}" alt=""
 srcset="{sizes[3]} 960w, {sizes[2]} 712w, {sizes[1]} 465w, {sizes[0]} 300w"></div><figcaption><p>
{pen.caption()}</p></figcaption></figure>"""

    return f"""<!DOCTYPE html><html class="govuk-template" lang="en"><head><meta
 charset="utf-8"><title>
{title} - GOV</title></head><body class="gem-c-layout-for-public govuk-template__body"><div
 id="global-cookie-message" class="gem-c-cookie-banner govuk-clearfix govuk-cookie-banner
 js-banner-wrapper" role="region" aria-label="Cookies on GOV" data-nosnippet=""><div
 class="govuk-cookie-banner__message"><h2 class="govuk-cookie-banner__heading">Cookies on GOV</h2>
<div class="govuk-cookie-banner__content"><p>We use some essential cookies to make this website
 work.</p><p>{pen.junk("cookies")}</p></div><div class="govuk-button-group"><button
 class="govuk-button">Accept additional cookies</button><a class="govuk-link"
 href="/help/cookies">View
 cookies</a></div></div></div><a class="gem-c-skip-link govuk-skip-link" href="#content">Skip to
 main
 content</a><header class="gem-c-layout-super-navigation-header" role="banner"><div
 class="gem-c-layout-super-navigation-header__container govuk-clearfix"><nav
 aria-labelledby="super-navigation-menu-heading"><h2 id="super-navigation-menu-heading"
 class="govuk-visually-hidden">Navigation menu</h2><ul>{pen.links(5)}</ul></nav></div></header><div
 class="govuk-width-container"><div class="gem-c-breadcrumbs govuk-breadcrumbs"><ol><li
 class="govuk-breadcrumbs__list-item"><a href="/">Home</a></li><li><a
 href="/h">Heritage</a></li></ol>
</div><main role="main" id="content" class="govuk-main-wrapper" lang="en"><div class="govuk-grid-row
 gem-print-columns-none"><div class="govuk-grid-column-two-thirds"><span class="gem-c-title__context
 govuk-caption-xl">Guidance</span><h1 class="gem-c-heading__text govuk-heading-xl">{title}</h1><p
 class="gem-c-lead-paragraph">{pen.plain()}</p></div><div class="metadata-logo-wrapper"><div
 class="gem-c-metadata"><dl><dt class="gem-c-metadata__term">From:</dt><dd><a href="/m">Ministry of
 Heritage</a></dd><dt>Published</dt><dd>{pen.says.date()}</dd></dl></div></div></div><div
 class="gem-c-single-page-notification-button"><a href="/email">Get emails about this page</a></div>
<div class="govuk-grid-row sidebar-with-body"><div class="govuk-grid-column-one-third"><div
 class="gem-c-contents-list"><h2>Contents</h2><ol><li><a href="#a">{pen.other_title()}</a></li></ol>
</div></div><div class="govuk-grid-column-two-thirds main-content-container"><div
 class="gem-c-govspeak govuk-govspeak direction-ltr" data-module="govspeak"><div
 class="govspeak"><h2
 id="a">{pen.heading()}</h2><p>{pen.prose(3, 4)}</p>{photo()}<p>{pen.prose()}</p>
<div role="note" aria-label="Warning" class="application-notice help-notice"><p>{pen.plain()}</p>
</div><h2 id="b">{pen.heading()}</h2><ul><li>{pen.prose(1, 1)}</li><li>{pen.prose(1, 1)}</li></ul>
<div class="call-to-action"><p>{pen.prose()}</p></div>{photo()}<p>{pen.prose()}</p></div>
</div></div>
<div class="sidebar-with-body__related"><div class="gem-c-related-navigation"><h2>Related
 content</h2><nav role="navigation"><ul><li><a
 href="/r">{pen.other_title()}</a></li></ul></nav></div>
</div></div><div class="gem-c-feedback govuk-!-display-none-print"><div
 class="gem-c-feedback__prompt"><h2>Is this page useful?</h2><button>Yes</button><button>No</button>
<button>Report a problem with this page</button></div></div></main></div><footer
 class="gem-c-layout-footer govuk-footer" role="contentinfo"><div class="govuk-footer__meta"><ul>
{pen.links(4)}</ul><span class="govuk-footer__licence-description">All content is available under
 the Open Government Licence v3.0, except where otherwise
 stated</span></div></footer></body></html>"""


TEMPLATES = (mediawiki_vector_2022, sphinx_rtd, github_readme, confluence, government_guide)
