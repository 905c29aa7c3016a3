"""Pages of applications and site builders: WebForms, Next.js, Wix, Shopify, Elementor."""

from __future__ import annotations

from urllib.parse import quote

from tests.web.templates.pen import Pen

BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def aspnet_webforms(pen: Pen) -> str:
    title = pen.title()

    def photo() -> str:
        src = pen.pictured(f"../Images/{pen.slug()}.jpg")
        return f"""<div class="photo"><img id="ctl00_MainContent_img{pen.random.randrange(99)}"
 src="{src}" alt="" style="border-width:0px;" /><br /><span
 class="photoCaption">{pen.caption()}</span>
</div>"""

    state = "".join(pen.random.choices("ABCDEFabcdef0123456789+/", k=400))
    return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
 "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head id="ctl00_Head1"><title>{title}</title><link
 href="../App_Themes/Default/Site.css" type="text/css" rel="stylesheet" /></head><body>
<form name="aspnetForm" method="post" action="Page.aspx?id={pen.number}" id="aspnetForm"><div>
<input type="hidden" name="__VIEWSTATE" id="__VIEWSTATE" value="/wEP{state}" /></div>
<script type="text/javascript">//<![CDATA[
var theForm = document.forms['aspnetForm'];//]]></script>
<div class="page"><div class="header"><div class="title"><h1>Harbour Heritage Trust</h1></div><div
 class="loginDisplay">[ <a href="Login.aspx" id="ctl00_HeadLoginView_HeadLoginStatus">Log In</a>
 ]</div>
<div class="clear hideSkiplink"><a href="#NavigationMenu_SkipLink"><img
 alt="Skip Navigation Links" src="{pen.decoration("/WebResource.axd?d=spacer")}" width="0"
 height="0"
 style="border-width:0px;" /></a><div class="menu" id="ctl00_NavigationMenu"><ul class="level1
 static">{pen.links(5, '<li><a class="level1 static" href="{name}.aspx">{name}</a></li>')}
</ul></div>
</div></div><div class="main" id="content"><span id="ctl00_SiteMapPath1" class="breadcrumb"><a
 href="/">Home</a> &gt; <a href="/s">Sites</a></span><h2>{title}</h2>
<p>{pen.prose(3, 4)}</p>{photo()}<div id="ctl00_MainContent_pnlText"><p>{pen.prose()}</p><p>
<span id="ctl00_MainContent_lblBody">{pen.prose()}</span></p></div><h3>{pen.heading()}</h3><p>
{pen.prose()}</p>{photo()}<p>{pen.prose()}</p><table id="ctl00_MainContent_GridView1"
 cellspacing="0"
 rules="all" border="1"><tr><th scope="col">{pen.besides("Year")}</th><th scope="col">
{pen.besides("Visitors")}</th></tr><tr><td>{pen.besides("2019")}</td><td>{pen.besides("14,200")}</td>
</tr></table><fieldset class="contact"><legend>Ask a question</legend><label
 for="ctl00_MainContent_txtMail">Your e-mail:</label><input name="ctl00$MainContent$txtMail"
 type="text"
 id="ctl00_MainContent_txtMail" /><select name="topic"><option>Opening hours</option><option>School
 groups</option></select><input type="submit" value="Send" /></fieldset></div><div
 class="clear"></div>
</div><div class="footer">{pen.junk("rights")} <a href="Privacy.aspx">Privacy Statement</a></div>
</form></body></html>"""


def next_app(pen: Pen) -> str:
    names: dict[str, str] = {}

    def css(name: str) -> str:
        tail = f"{pen.random.randrange(1 << 24):06x}"[:5]
        return names.setdefault(name, f"{name}__{tail}")

    title = pen.title()

    def photo() -> str:
        original = f"/media/{pen.slug()}.jpg"
        widths = [f"/_next/image?url={quote(original, '')}&w={w}&q=75" for w in (640, 1080, 1920)]
        src = pen.pictured(widths[2], widths[0], widths[1], original)
        _, middle, large = (each.replace("&", "&amp;") for each in widths)
        tag = f"""<img alt="" srcSet="{middle} 1x, {large} 2x" src="{src.replace("&", "&amp;")}"
 decoding="async" data-nimg="intrinsic" loading="lazy"/>"""
        return f"""<figure class="{css("Figure_root")}"><span style="box-sizing:border-box;
display:inline-block;overflow:hidden"><span style="box-sizing:border-box;display:block"><img
 style="display:block;max-width:100%" alt="" aria-hidden="true"
 src="data:image/svg+xml,%3csvg%20xmlns=%27http://www.w3.org/2000/svg%27/%3e"/></span><img alt=""
 src="{BLANK}" decoding="async" data-nimg="intrinsic" style="position:absolute;top:0"/><noscript>
{tag}</noscript></span><figcaption
 class="{css("Figure_caption")}">{pen.caption()}</figcaption></figure>"""

    def text(markup: str) -> str:
        return f'<p class="{css("Text_body")}">{markup}</p>'

    def teaser() -> str:
        src = pen.decoration(f"/_next/image?url=%2Fmedia%2F{pen.slug()}.jpg&w=384&q=75")
        return f"""<a class="{css("Card_root")}" href="/stories/x"><img alt="" src="{src}"
 width="384"
 height="216"/><span class="{css("Card_title")}">{pen.other_title()}</span><span
 class="{css("Card_time")}">4 min read</span></a>"""

    return f"""<!DOCTYPE html><html lang="en"><head><meta
 charSet="utf-8"/><title>{title}</title></head>
<body><div id="__next"><div class="{css("Layout_root")}"><div class="{css("Top_bar")}"><a
 class="{css("Top_logo")}" href="/"><svg width="20"><title>Harbour</title><path
 d="M0"/></svg></a><ul>
{pen.links(4)}</ul><button class="{css("Top_cta")}">Sign up</button></div><main
 class="{css("Article_main")}"><h1 class="{css("Article_title")}">{title}</h1><div
 class="{css("Article_byline")}"><span>{pen.says.name()}</span><time>{pen.says.date()}</time></div>
{text(pen.prose(3, 4))}{photo()}{text(pen.prose())}<h2
 class="{css("Text_head")}">{pen.heading()}</h2>
{text(pen.prose())}<div class="{css("Quote_root")}"><div>{pen.plain()}</div></div>{photo()}
{text(pen.prose())}{text(pen.prose())}</main><div class="{css("More_root")}"><div
 class="{css("More_head")}">More stories</div><div class="{css("More_grid")}">{teaser()}{teaser()}
{teaser()}</div></div><div class="{css("Foot_root")}"><div>© 2024 Harbour
 Labs</div><ul>{pen.links(4)}
</ul></div></div></div><script id="__NEXT_DATA__" type="application/json">{{"props":{{"pageProps":
{{"title":"x","body":"<p>Never read this text of a script.</p>"}}}}}}</script></body></html>"""


def wix(pen: Pen) -> str:
    title = pen.title()
    host = "https://static.wixstatic.com/media"

    def ident() -> str:
        return f"comp-{pen.random.randrange(1 << 30):x}"

    def photo() -> str:
        key = f"{pen.random.randrange(1 << 44):x}~mv2.jpg"
        full = f"{host}/{key}/v1/fill/w_980,h_654,al_c,q_85/{pen.slug()}.jpg"
        twice = full.replace("w_980,h_654", "w_1960,h_1308")
        pen.pictured(full, twice)
        if pen.number % 2:
            return f"""<div id="{ident()}" class="MazNVa wixui-image"><wow-image id="img_{ident()}"
 class="HlRz5e BI8PVQ"><img src="{full}" alt="" style="width:980px;height:654px;object-fit:cover"
 srcset="{full} 1x, {twice} 2x" fetchpriority="high"/></wow-image></div>"""
        blurred = pen.decoration(
            f"{host}/{key}/v1/fill/w_49,h_33,al_c,q_80,blur_2/{pen.number}.jpg"
        )
        return f"""<div id="{ident()}" class="MazNVa wixui-image"><wow-image id="img_{ident()}"
 class="HlRz5e BI8PVQ"><picture><source type="image/webp" srcset="{full} 1x, {twice} 2x"><img
 src="{blurred}" alt="" style="width:980px;height:654px"/></picture></wow-image></div>"""

    def rich(markup: str) -> str:
        return f"""<div id="{ident()}" class="HcOXKn SxM0TO QxJLC3 comp-{pen.number}
 wixui-rich-text"
 data-testid="richTextElement"><p class="font_8 wixui-rich-text__text" style="font-size:18px"><span
 style="color:#414141" class="wixui-rich-text__text"><span class="wixGuard
 wixui-rich-text__text">&#8203;</span>{markup}</span></p></div>"""

    return f"""<!DOCTYPE html><html lang="en"><head><meta
 charset="utf-8"/><title>{title}</title></head>
<body class='responsive'><div id="SITE_CONTAINER"><div id="main_MF" class="main_MF"><div
 id="SCROLL_TO_TOP" class="Vd6aQZ ignore-focus SCROLL_TO_TOP" role="region"><span
 class="mHZSwn">top of page</span></div><div id="site-root" class="site-root"><div id="masterPage"
 class="mesh-layout masterPage css-editing-scope"><header class="xU8fqS SITE_HEADER
 wixui-header" id="SITE_HEADER" tabindex="-1"><div class="_C0cVf"></div><div class="_4XcTfy"><div
 data-mesh-id="SITE_HEADERinlineContent"><div class="wixui-rich-text"><h1 class="font_0"><a
 href="/">Atelier Harbour</a></h1></div><nav class="XwCBRN"
 aria-label="Site"><ul>{pen.links(4)}</ul>
</nav></div></div></header><main id="PAGES_CONTAINER" class="PAGES_CONTAINER" tabindex="-1"
 data-main-content="true"><div id="SITE_PAGES" class="JsJXaX SITE_PAGES"><div id="c1dmp"
 class="dBAkHi theme-vars c1dmp"><div class="HT5ybB"><div id="Containerc1dmp"
 class="Containerc1dmp SPY_vo"><section id="{ident()}" class="Oqnisf wixui-section"><div
 class="wixui-rich-text"><h2 class="font_2 wixui-rich-text__text">{title}</h2></div>
{rich(pen.prose(3, 4))}{photo()}{rich(pen.prose())}</section><section id="{ident()}" class="Oqnisf
 wixui-section">{rich(pen.prose())}{photo()}{rich(pen.prose())}{rich(pen.prose())}<div
 class="comp wixui-button"><a class="uDW_Qe" href="/book"><span class="l7_2fn
 wixui-button__label">Book now</span></a></div></section></div></div></div></div></main><footer
 id="SITE_FOOTER" class="SITE_FOOTER
 wixui-footer"><div>{rich_footer(pen)}</div></footer></div></div>
<div id="SCROLL_TO_BOTTOM" role="region"><span class="mHZSwn">bottom of
 page</span></div></div></div>
</body></html>"""


def rich_footer(pen: Pen) -> str:
    return f"""<div class="wixui-rich-text"><p class="font_9"><span>{pen.junk("rights")}</span></p>
<p class="font_9">Tel: 555-0142</p></div>"""


def shopify_product(pen: Pen) -> str:
    title = pen.title()
    cdn = "//cdn.shopify.example/s/files/1/0042/products"

    def photo() -> str:
        slug = pen.slug()
        sizes = [f"{cdn}/{slug}_{w}x.jpg?v=1611" for w in (360, 720, 1080)]
        src = pen.pictured(f"{cdn}/{slug}_720x.jpg?v=1611", *sizes)
        return f"""<div class="product__media media media--transparent"><img class="lazyload
 lazyload-fade" data-src="{cdn}/{slug}_{{width}}x.jpg?v=1611" data-widths="[360, 720, 1080]"
 data-sizes="auto" alt="" data-aspectratio="1.5" srcset="{sizes[0]} 360w, {sizes[1]} 720w,
 {sizes[2]} 1080w" src="{src}"></div>"""

    def card() -> str:
        src = pen.decoration(f"{cdn}/{pen.slug()}_300x.jpg?v=1600")
        return f"""<li class="grid__item"><div class="card-wrapper product-card-wrapper"><div
 class="card__media"><img src="{src}" alt="" width="300" height="300" loading="lazy"></div><h3
 class="card__heading"><a href="/products/x">{pen.other_title()}</a></h3><div class="price"><span
 class="visually-hidden">Regular price</span><span class="price-item">£24.00 GBP</span></div></div>
</li>"""

    def review() -> str:
        return f"""<div class="spr-review"><span class="spr-starratings"></span><h3
 class="spr-review-header-title">Lovely</h3><p class="spr-review-content-body">{pen.junk("comment")}
</p></div>"""

    return f"""<!doctype html><html class="no-js" lang="en"><head><meta
 charset="utf-8"><title>{title}
</title></head><body class="gradient"><a class="skip-to-content-link button visually-hidden"
 href="#MainContent">Skip to content</a><div id="shopify-section-announcement-bar"
 class="shopify-section"><div class="announcement-bar" role="region" aria-label="Announcement"><p
 class="announcement-bar__message h5">Free shipping on orders over £50</p></div></div><div
 id="shopify-section-header" class="shopify-section section-header"><header class="header"><h1
 class="header__heading"><a href="/">Quay Goods</a></h1><nav class="header__inline-menu"><ul>
{pen.links(4)}</ul></nav></header></div><main id="MainContent" class="content-for-layout
 focus-none" role="main"><section id="shopify-section-template--1__main" class="shopify-section
 section"><div class="page-width"><div class="product product--large grid"><div class="grid__item
 product__media-wrapper"><media-gallery id="MediaGallery"><slider-component>{photo()}{photo()}
</slider-component></media-gallery></div><div class="product__info-wrapper grid__item"><div
 class="product__info-container"><div class="product__title"><h1>{title}</h1></div><div
 class="price price--large"><span class="visually-hidden">Sale price</span><span
 class="price-item price-item--regular">£68.00 GBP</span></div><div class="product__tax caption">Tax
 included. <a href="/s">Shipping</a> calculated at checkout.</div><form method="post"
 action="/cart/add" id="product-form" class="form"><label class="form__label">Quantity</label><input
 type="number" name="quantity" value="1"><select
 name="id"><option>Small</option><option>Large</option>
</select><button type="submit" name="add" class="product-form__submit button">Add to cart</button>
</form><div class="product__description rte
 quick-add-hidden"><p>{pen.prose(3, 4)}</p><p>{pen.prose()}
</p><ul><li>{pen.plain()}</li><li>{pen.plain()}</li></ul></div><details class="product__accordion
 accordion"><summary><h2 class="h4 accordion__title">{pen.besides("Materials")}</h2></summary><div
 class="accordion__content rte"><p>{pen.prose()}</p></div></details><share-button
 class="share-button"><button class="share-button__button">Share</button></share-button></div></div>
</div></div></section><section class="shopify-section"><div class="image-with-text grid"><div
 class="image-with-text__text rte"><p>{pen.prose()}</p></div></div></section><section
 class="shopify-section section"><product-recommendations class="related-products
 page-width"><h2 class="related-products__heading">You may also like</h2><ul class="grid
 product-grid">{card()}{card()}{card()}{card()}</ul></product-recommendations></section><div
 id="shopify-product-reviews"><div class="spr-container"><h2 class="spr-header-title">Customer
 Reviews</h2>{review()}{review()}</div></div></main><div id="shopify-section-footer"
 class="shopify-section"><footer class="footer"><div class="footer-block__newsletter"><h2>Subscribe
 to
 our emails</h2><p>{pen.junk("newsletter")}</p></div><small class="copyright__content">&copy; 2024,
 <a href="/">Quay Goods</a></small></footer></div></body></html>"""


def elementor(pen: Pen) -> str:
    title, up = pen.title(), "/wp-content/uploads/2022/06"

    def widget(kind: str, markup: str) -> str:
        key = f"{pen.random.randrange(1 << 28):07x}"
        return f"""<div class="elementor-element elementor-element-{key} elementor-widget
 elementor-widget-{kind}" data-id="{key}" data-element_type="widget"
 data-widget_type="{kind}.default">
<div class="elementor-widget-container">{markup}</div></div>"""

    def photo() -> str:
        slug = pen.slug()
        src = pen.pictured(
            f"{up}/{slug}-1024x683.jpg", f"{up}/{slug}-300x200.jpg", f"{up}/{slug}.jpg"
        )
        return widget(
            "image",
            f"""<figure class="wp-caption"><img decoding="async" width="800" height="534"
 src="{BLANK}" data-lazy-type="image" data-lazy-src="{src}" class="attachment-large size-large"
 alt=""
 data-lazy-srcset="{src} 1024w, {up}/{slug}-300x200.jpg 300w, {up}/{slug}.jpg 1600w"
 data-lazy-sizes="(max-width: 800px) 100vw, 800px" /><noscript><img decoding="async" width="800"
 height="534" src="{src}" alt="" /></noscript><figcaption class="widget-image-caption
 wp-caption-text">{pen.caption()}</figcaption></figure>""",
        )

    def column(*widgets: str) -> str:
        return f"""<section class="elementor-section elementor-top-section elementor-section-boxed"
 data-element_type="section"><div class="elementor-container elementor-column-gap-default"><div
 class="elementor-column elementor-col-100"><div class="elementor-widget-wrap
 elementor-element-populated">{"".join(widgets)}</div></div></div></section>"""

    head = widget(
        "heading", f'<h1 class="elementor-heading-title elementor-size-default">{title}</h1>'
    )
    first = widget("text-editor", f"<p>{pen.prose(3, 4)}</p><p>{pen.prose()}</p>")
    second = widget("text-editor", f"<p>{pen.prose()}</p>")
    third = widget(
        "heading", f'<h2 class="elementor-heading-title elementor-size-xl">{pen.heading()}</h2>'
    )
    fourth = widget("text-editor", f"<p>{pen.prose()}</p><p>{pen.prose()}</p>")
    button = widget(
        "button",
        '<div class="elementor-button-wrapper"><a href="#" class="elementor-button-link'
        ' elementor-button"><span class="elementor-button-text">Book a visit</span></a></div>',
    )
    social = widget(
        "social-icons",
        '<div class="elementor-social-icons-wrapper"><a class="elementor-icon" href="#"><span'
        ' class="elementor-screen-only">Facebook</span><i class="fab fa-facebook"></i></a></div>',
    )
    return f"""<!DOCTYPE html><html lang="en-GB"><head><meta
 charset="UTF-8"><title>{title}</title></head>
<body class="page-template-default page elementor-default elementor-kit-5 elementor-page"><a
 class="skip-link screen-reader-text" href="#content">Skip to content</a><div
 data-elementor-type="header"
 data-elementor-id="12" class="elementor elementor-12 elementor-location-header"><section
 class="elementor-section"><nav class="elementor-nav-menu--main
 elementor-nav-menu__container"><ul id="menu-1" class="elementor-nav-menu">{pen.links(5)}</ul></nav>
</section></div><main id="content" class="site-main post-{pen.number} page"><div
 class="page-content"><div
 data-elementor-type="wp-page" class="elementor elementor-{pen.number}">{column(head, first)}
{column(photo(), second)}{column(third, fourth, photo())}{column(button)}</div><div
 class="post-tags"></div></div></main><div data-elementor-type="footer" class="elementor
 elementor-20 elementor-location-footer">{column(social, widget("text-editor", pen.junk("rights")))}
</div><div id="cmplz-cookiebanner-container"><div class="cmplz-cookiebanner cmplz-hidden banner-1"
 role="dialog" aria-modal="true"><div class="cmplz-title">Manage Consent</div><div
 class="cmplz-body"><div class="cmplz-message">{pen.junk("cookies")}</div></div></div></div></body>
</html>"""


def squarespace(pen: Pen) -> str:
    title, host = pen.title(), "https://images.squarespace-cdn.com/content/v1/5e"

    def photo() -> str:
        src = pen.pictured(f"{host}/{pen.slug()}.jpg")
        return f"""<div class="sqs-block image-block sqs-block-image" data-block-type="5"><div
 class="sqs-block-content"><div class="image-block-outer-wrapper layout-caption-below
 design-layout-inline
 combination-animation-none"><figure class="sqs-block-image-figure intrinsic"
 style="max-width:2500px;"><div class="image-block-wrapper" data-animation-role="image"><div
 class="sqs-image-shape-container-element has-aspect-ratio"><noscript><img src="{src}"
 alt="" /></noscript><img class="thumb-image" data-src="{src}" data-image="{src}"
 data-image-dimensions="2500x1667" data-image-focal-point="0.5,0.5" alt="" data-load="false"
 data-image-id="5e" data-type="image" /></div></div><figcaption class="image-caption-wrapper"><div
 class="image-caption"><p
 class="">{pen.caption()}</p></div></figcaption></figure></div></div></div>"""

    def text(markup: str) -> str:
        return f"""<div class="sqs-block html-block sqs-block-html" data-block-type="2"><div
 class="sqs-block-content"><div class="sqs-html-content">{markup}</div></div></div>"""

    rows = f"""{text(f'<p class="sqsrte-large">{pen.prose(3, 4)}</p>')}{photo()}
{text(f"<h3>{pen.heading()}</h3><p>{pen.prose()}</p><p>{pen.prose()}</p>")}{photo()}
{text(f'<p style="white-space:pre-wrap;">{pen.prose()}</p>')}"""
    return f"""<!doctype html><html xmlns:og="http://opengraphprotocol.org/schema/"
 lang="en-GB"><head>
<meta charset="utf-8"><title>{title} — Studio Quay</title></head><body id="item-{pen.number}"
 class="blog-item-view collection-type-blog-basic-grid tweak-blog-basic-grid-width-full
 tweak-global-animations-enabled"><div id="siteWrapper" class="clearfix site-wrapper"><header
 id="header" class="white header theme-col--primary"><div class="header-announcement-bar-wrapper"><a
 href="#page" class="header-skip-link sqs-button-element--primary">Skip to Content</a></div><div
 class="header-title-nav-wrapper"><div class="header-title-text"><a id="site-title"
 href="/">Studio Quay</a></div><nav class="header-nav-list">{pen.links(3)}</nav></div></header><main
 id="page" class="container" role="main"><article class="sections" id="sections"><section
 class="page-section content-collection full-bleed-section collection-type-blog-basic-grid"><div
 class="content-wrapper"><div class="content"><div class="blog-item-wrapper"><article
 class="entry blog-item h-entry" id="article-"><div class="blog-item-inner-wrapper"><div
 class="blog-item-top-wrapper"><div class="blog-item-title"><h1 class="entry-title
 entry-title--large p-name">{title}</h1></div><div class="blog-item-meta-wrapper"><div
 class="blog-item-meta-primary"><a class="blog-item-category" href="/c">Journal</a></div><time
 class="dt-published blog-meta-item blog-meta-item--date">{pen.says.date()}</time><span
 class="blog-meta-item--author">Written By <a href="/a">{pen.says.name()}</a></span></div></div><div
 class="blog-item-content-wrapper"><div class="blog-item-content e-content"><div class="sqs-layout
 sqs-grid-12 columns-12" data-layout-label="Post Body"><div class="row sqs-row"><div class="col
 sqs-col-12 span-12">{rows}</div></div></div></div></div><div class="blog-item-tags"><a
 href="/t">wood</a></div></div></article></div><section id="itemPagination"
 class="item-pagination item-pagination--prev-next"><a href="/p" class="item-pagination-link"><div
 class="item-pagination-prev-next"><div class="visually-hidden">Previous</div><h2
 class="item-pagination-title">{pen.other_title()}</h2></div></a></section></div></div></section>
</article></main><footer class="sections" id="footer-sections"><section
 class="page-section"><div class="sqs-block newsletter-block sqs-block-newsletter"><div
 class="newsletter-form-wrapper"><header class="newsletter-form-header"><h2
 class="newsletter-form-header-title">Subscribe</h2><div
 class="newsletter-form-header-description"><p>{pen.junk("newsletter")}</p></div></header></div></div>
<div class="sqs-block"><p>{pen.junk("rights")}</p></div></section></footer></div></body></html>"""


TEMPLATES = (aspnet_webforms, next_app, wix, shopify_product, elementor, squarespace)
