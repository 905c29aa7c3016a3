"""Pages of applications: Drupal, questions and answers, Moodle, Magento, TYPO3, Angular,
recipes."""

from __future__ import annotations

from tests.web.templates.pen import Pen

SVG = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4="


def drupal(pen: Pen) -> str:
    title, files = pen.title(), "/sites/default/files"

    def photo(field: str) -> str:
        slug = pen.slug()
        large = f"{files}/styles/large/public/2021-03/{slug}.jpg?itok=aB3d"
        src = pen.pictured(large, f"{files}/2021-03/{slug}.jpg")
        return f"""<div class="field field--name-{field} field--type-image field--label-hidden
 field__item"><article class="media media--type-image media--view-mode-default"><div
 class="field field--name-field-media-image field--type-image field--label-visually_hidden"><div
 class="field__label visually-hidden">Image</div><div class="field__item"><img loading="lazy"
 src="{src}" width="480" height="360" alt="" typeof="foaf:Image"
 class="image-style-large"/></div></div>
</article></div>"""

    inline = f"{files}/inline-images/{pen.slug()}.jpg"
    pen.pictured(inline)
    return f"""<!DOCTYPE html><html lang="en" dir="ltr" prefix="content:
 http://purl.org/rss/1.0/"><head>
<meta charset="utf-8" /><title>{title} | Dunmore Trust</title></head><body class="layout-one-sidebar
 layout-sidebar-first page-node-{pen.number} path-node node--type-article"><a href="#main-content"
 class="visually-hidden focusable skip-link">Skip to main content</a><div
 class="dialog-off-canvas-main-canvas" data-off-canvas-main-canvas><div id="page-wrapper"><div
 id="page"><header id="header" class="header" role="banner"><div class="section layout-container
 clearfix"><div class="region region-secondary-menu"><nav role="navigation"
 class="block block-menu navigation menu--account"><h2 class="visually-hidden">User account
 menu</h2><ul
 class="clearfix menu"><li class="menu-item"><a href="/user/login">Log
 in</a></li></ul></nav></div><div
 class="region region-header"><div class="site-branding__text"><div class="site-branding__name"><a
 href="/" rel="home">Dunmore Trust</a></div></div></div><div class="region region-primary-menu"><nav
 class="block-system-menu-blockmain"><ul class="clearfix menu">{pen.links(5)}</ul></nav></div></div>
</header><div id="main-wrapper" class="layout-main-wrapper layout-container clearfix"><div id="main"
 class="layout-main clearfix"><div class="region region-breadcrumb"><nav class="breadcrumb"
 role="navigation"><h2 id="system-breadcrumb" class="visually-hidden">Breadcrumb</h2><ol><li><a
 href="/">Home</a></li></ol></nav></div><main id="content" class="column main-content"
 role="main"><section
 class="section"><a id="main-content" tabindex="-1"></a><div class="region region-content"><div
 id="block-page-title" class="block block-core block-page-title-block"><h1 class="title
 page-title"><span
 class="field field--name-title field--type-string
 field--label-hidden">{title}</span></h1></div><div
 id="block-local-tasks" class="block block-local-tasks-block" role="navigation"><nav
 class="tabs"><ul class="tabs primary"><li class="is-active"><a href="#">View</a></li><li><a
 href="#">Revisions</a></li></ul></nav></div><div id="block-content" class="block
 block-system-main-block"><article data-history-node-id="{pen.number}" class="node
 node--type-article
 node--promoted node--view-mode-full clearfix"><header><div class="node__meta"><span>Submitted by
 <span
 class="field field--name-uid"><span lang="">{pen.says.name()}</span></span> on <span
 class="field field--name-created">Tue, 03/02/2021 - 11:20</span></span></div></header><div
 class="node__content clearfix">{photo("field-image")}<div class="clearfix text-formatted field
 field--name-body field--type-text-with-summary field--label-hidden
 field__item"><p>{pen.prose(3, 4)}</p>
<p>{pen.prose()}</p><figure role="group" class="caption caption-img align-right"><img
 data-entity-type="file" src="{inline}" width="300" height="225" alt="" loading="lazy"
 /><figcaption>
{pen.caption()}</figcaption></figure><h2>{pen.heading()}</h2><p>{pen.prose()}</p><ul><li>{pen.plain()}
</li><li>{pen.plain()}</li></ul><p>{pen.prose()}</p></div>{photo("field-more")}<div
 class="field field--name-field-summary field--type-text-long field--label-above"><div
 class="field__label">{pen.besides("Summary")}</div><div
 class="field__item"><p>{pen.prose()}</p></div>
</div><div class="field field--name-field-tags field--type-entity-reference field--label-above"><div
 class="field__label">Tags</div><div class="field__items"><div class="field__item"><a
 href="/taxonomy/term/1">Harbours</a></div></div></div><div class="node__links"><ul
 class="links inline"><li class="comment-add"><a href="/user/login">Log in</a> or <a
 href="/user/register">register</a> to post comments</li></ul></div><section
 class="field field--name-comment field--type-comment comment-wrapper"><h2
 class="title comment-form__title">Comments</h2><article class="comment js-comment
 by-anonymous"><div class="comment__content"><div
 class="field__item"><p>{pen.junk("comment")}</p></div>
</div></article></section></div></article></div></div></section></main><div id="sidebar-first"
 class="column sidebar"><aside class="section" role="complementary"><div class="region
 region-sidebar-first"><div class="views-element-container block"><h2>Recent content</h2><div
 class="content"><div class="item-list"><ul><li><a href="/n1">{pen.other_title()}</a></li><li><a
 href="/n2">{pen.other_title()}</a></li></ul></div></div></div></div></aside></div></div></div><footer
 class="site-footer"><div class="site-footer__bottom"><div id="block-powered"
 role="complementary"><span>
Powered by <a href="https://www.drupal.org">Drupal</a></span><p>{pen.junk("rights")}</p></div></div>
</footer></div></div></div></body></html>"""


def questions_answers(pen: Pen) -> str:
    pen.marks = [
        lambda text: f"<code>{text}</code>",
        lambda text: f'<a href="https://example.org" rel="nofollow noreferrer">{text}</a>',
        lambda text: f"<em>{text}</em>",
    ]
    title = pen.title()

    def photo() -> str:
        key = pen.random.randrange(1 << 30)
        src = pen.pictured(f"https://i.stack.imgur.example/{key:x}m.jpg", f"/i/{key:x}.jpg")
        full = src.replace("m.jpg", ".jpg")
        pen.pictures[-1] |= {full}
        return f"""<p><a href="{full}" rel="nofollow noreferrer"><img src="{src}" alt=""
 /></a></p>"""

    def user(number: int) -> str:
        face = pen.decoration(
            f"https://www.gravatar.com/avatar/{number:032x}?s=64&d=identicon&r=PG"
        )
        return f"""<div class="user-info user-hover"><div class="user-action-time
 fs-body1">answered <span
 class="relativetime">Mar 6, 2021 at 19:12</span></div><div class="user-gravatar32"><a
 href="/u"><div
 class="gravatar-wrapper-32"><img src="{face}" alt="" width="32" height="32"
 class="bar-sm"></div></a></div>
<div class="user-details"><a href="/u">captain{number}</a><div class="-flair"><span
 class="reputation-score">1,204</span><span title="3 gold badges"><span class="badge1"></span><span
 class="badgecount">3</span></span></div></div></div>"""

    def comments() -> str:
        return f"""<div class="comments js-comments-container"><ul class="comments-list"><li
 class="comment js-comment"><div class="comment-text js-comment-text-and-form"><div
 class="comment-body"><span class="comment-copy">{pen.junk("comment")}</span> &ndash;&nbsp;<a
 class="comment-user" href="/u">mate7</a> <span class="comment-date">Mar 7,
 2021</span></div></div></li>
</ul></div><div><a class="js-add-link comments-link disabled-link">Add a comment</a></div>"""

    def answer(number: int, body: str) -> str:
        return f"""<div id="answer-{number}" class="answer js-answer"
 itemprop="suggestedAnswer"><div
 class="post-layout"><div class="votecell post-layout--left"><div
 class="js-voting-container"><button
 aria-label="Up vote">▲</button><div class="js-vote-count"
 itemprop="upvoteCount">{number + 3}</div><button
 aria-label="Down vote">▼</button></div></div><div class="answercell post-layout--right"><div
 class="s-prose js-post-body" itemprop="text">{body}</div><div class="mt24"><div
 class="js-post-menu pt2"><a href="/a/1">Share</a> <a href="/e">Improve this answer</a>
 <button>Follow
</button></div>{user(number)}</div></div><div
 class="post-layout--full">{comments()}</div></div></div>"""

    code = pen.besides("for plank in hull: caulk(plank)")
    question = f"""<p>{pen.prose(3, 4)}</p><pre class="lang-py
 s-code-block"><code>{code}</code></pre>
{photo()}<p>{pen.prose()}</p>"""
    answers = (
        answer(1, f"<p>{pen.prose(2, 3)}</p><ol><li>{pen.plain()}</li><li>{pen.plain()}</li></ol>"),
        answer(2, f"<p>{pen.prose(2, 3)}</p>{photo()}<p>{pen.prose(1, 2)}</p>"),
        answer(3, f"<blockquote><p>{pen.plain()}</p></blockquote><p>{pen.prose(2, 3)}</p>"),
    )
    return f"""<!DOCTYPE html><html itemscope itemtype="https://schema.org/QAPage"
 lang="en"><head><title>
woodwork - {title} - Boat Exchange</title></head><body class="question-page unified-theme"><header
 class="s-topbar js-top-bar"><div class="s-topbar--container"><a href="/"
 class="s-topbar--logo"><span
 class="-img">Boat Exchange</span></a><ol class="s-navigation">{pen.links(3)}</ol><form id="search"
 role="search"><input name="q" placeholder="Search…"></form></div></header><div
 class="container"><div
 id="left-sidebar" class="left-sidebar js-pinned-left-sidebar"><nav><ol
 class="nav-links">{pen.links(4)}
</ol></nav></div><div id="content"><div itemprop="mainEntity" itemscope
 itemtype="https://schema.org/Question"><div class="inner-content clearfix"><div
 id="question-header"
 class="d-flex"><h1 itemprop="name" class="fs-headline1"><a href="/q/1" class="question-hyperlink">
{title}</a></h1><div class="aside-cta"><a href="/questions/ask" class="s-btn">Ask
 Question</a></div></div>
<div class="d-flex fw-wrap pb8"><div class="flex--item"><span>Asked</span> <time>3 years, 2 months
 ago</time></div><div class="flex--item"><span>Viewed</span> 2k times</div></div><div id="mainbar"
 role="main" aria-label="question and answers"><div class="question js-question" id="question"><div
 class="post-layout"><div class="postcell post-layout--right"><div class="s-prose js-post-body"
 itemprop="text">{question}</div><div class="post-taglist"><ul class="ml0 list-ls-none"><li><a
 href="/t/wood" class="s-tag post-tag" rel="tag">wood</a></li><li><a href="/t/hull"
 class="s-tag post-tag">hull</a></li></ul></div><div class="mb0">{user(9)}</div></div><div
 class="post-layout--full">{comments()}</div></div></div><div id="answers"><div
 id="answers-header"><h2
 data-answercount="3">3 Answers</h2><div>Sorted by: <a href="#">Reset to default</a></div></div>
{"".join(answers)}<form id="post-form" action="/submit" method="post"><h2 class="space">Your
 Answer</h2>
<textarea></textarea><p class="privacy-policy-agreement">By clicking “Post Your Answer”, you agree
 to our
 <a href="/l">terms of service</a>.</p></form></div></div><div id="sidebar"
 role="complementary"><div
 class="module sidebar-linked"><h4>Linked</h4><div class="linked"><a
 href="/q/2">{pen.other_title()}</a>
</div></div><div class="module sidebar-related"><h4>Related</h4><div class="related"><a href="/q/3">
{pen.other_title()}</a><a href="/q/4">{pen.other_title()}</a></div></div><div
 id="hot-network-questions"
 class="module tex2jax_ignore"><h4>Hot Network Questions</h4><ul><li><a
 href="/h">{pen.other_title()}</a>
</li></ul></div></div></div></div></div></div><footer id="footer" class="site-footer"><nav><h5
 class="-title">Boat Exchange</h5><ul class="-list">{pen.links(4)}</ul></nav><p
 class="-copyright">Site design / logo © 2024 Exchange Inc; user contributions licensed under <a
 href="/l">CC BY-SA</a>.</p></footer></body></html>"""


def moodle_course(pen: Pen) -> str:
    title = pen.title()

    def photo() -> str:
        src = pen.pictured(
            f"https://moodle-course.example/pluginfile.php/71/mod_page/content/3/{pen.slug()}.png"
        )
        return f"""<p dir="ltr" style="text-align: left;"><img src="{src}" alt="" width="640"
 height="480" role="presentation" class="img-responsive atto_image_button_text-bottom"><br></p>"""

    icon = pen.decoration("/theme/image.php/boost/page/1690/monologo?filtericon=1")
    return f"""<!DOCTYPE html><html dir="ltr" lang="en" xml:lang="en"><head><title>{title} |
 HMS101</title>
</head><body id="page-mod-page-view" class="format-topics limitedwidth path-mod path-mod-page chrome
 dir-ltr lang-en pagelayout-incourse theme uses-drawers"><div class="toast-wrapper mx-auto py-0
 fixed-top"
 role="status"></div><div id="page-wrapper" class="d-print-block"><div><a class="sr-only
 sr-only-focusable"
 href="#maincontent">Skip to main content</a></div><nav class="navbar fixed-top navbar-light
 bg-white
 navbar-expand" aria-label="Site navigation"><div class="primary-navigation"><ul
 class="nav more-nav navbar-nav" role="menubar">{pen.links(3)}</ul></div><div class="usermenu"><span
 class="login pl-2">You are currently using guest access (<a href="/login">Log
 in</a>)</span></div></nav>
<div class="drawer drawer-left drawer-primary d-print-none not-initialized"
 id="theme_boost-drawers-courseindex"><div class="drawercontent"><nav id="courseindex"
 class="courseindex"><div id="courseindex-content"><a
 href="#">{pen.other_title()}</a></div></nav></div></div>
<div id="page" class="drawers drag-container"><div id="topofscroll" class="main-inner"><header
 id="page-header" class="header-maxwidth d-print-none"><div class="w-100"><div id="page-navbar"><nav
 aria-label="Navigation bar"><ol class="breadcrumb"><li class="breadcrumb-item"><a
 href="/course">HMS101</a></li><li class="breadcrumb-item"><a href="#">Week
 3</a></li></ol></nav></div><div
 class="d-flex align-items-center"><div class="mr-auto d-flex"><div class="page-context-header"><div
 class="page-header-image mr-3"><div class="activityiconcontainer content courseicon"><img
 class="icon activityicon" aria-hidden="true" src="{icon}" alt="" /></div></div><div
 class="page-header-headings"><h1 class="h2">{title}</h1></div></div></div></div></div></header><div
 id="page-content" class="pb-3 d-print-block"><div id="region-main-box"><div id="region-main"><div
 class="activity-header" data-for="page-activity-header"><span class="sr-only">Completion
 requirements</span></div><div role="main"><span id="maincontent"></span><div
 class="box py-3 generalbox center clearfix"><div class="no-overflow"><p
 dir="ltr">{pen.prose(3, 4)}</p>
{photo()}<p dir="ltr"><span style="font-size:
 0.9375rem;">{pen.prose()}</span></p><h4>{pen.heading()}</h4>
<ul><li>{pen.plain()}</li><li>{pen.plain()}</li></ul>{photo()}<div class="editor-indent"
 style="margin-left:30px;"><p>{pen.prose()}</p></div><p>{pen.prose()}</p></div></div><div
 class="modified">Last modified: Tuesday, 2 March 2021, 11:20
 AM</div></div></div></div></div></div><footer
 id="page-footer" class="footer-popover bg-white"><div class="footer-content-popover"><div
 class="footer-section p-3 border-bottom"><div class="logininfo">You are currently using guest
 access</div><div class="tool_dataprivacy"><a href="/p">Data retention summary</a></div></div><div
 class="footer-section p-3"><div>Powered by <a
 href="https://moodle.com">Moodle</a></div></div></div>
</footer></div></div></body></html>"""


def magento_product(pen: Pen) -> str:
    title, media = pen.title(), "https://magento-product.example/media/catalog/product/cache"

    def item() -> str:
        src = pen.decoration(f"{media}/small/{pen.slug()}.jpg")
        return f"""<li class="item product product-item"><div class="product-item-info
 related-available">
<a href="/p" class="product photo product-item-photo"><span class="product-image-container"><span
 class="product-image-wrapper"><img class="product-image-photo" src="{src}" loading="lazy"
 width="240"
 height="300" alt=""/></span></span></a><div class="product details product-item-details"><strong
 class="product name product-item-name"><a class="product-item-link"
 href="/p">{pen.other_title()}</a>
</strong><div class="price-box price-final_price"><span class="price">$59.00</span></div><div
 class="product actions"><button class="action tocart primary"><span>Add to
 Cart</span></button></div></div>
</div></li>"""

    main = pen.pictured(f"{media}/main/{pen.slug()}.jpg")
    second = pen.pictured(f"https://magento-product.example/media/wysiwyg/{pen.slug()}.jpg")
    review = f"""<li class="item review-item"><div class="review-title">Very good</div><div
 class="review-content-container"><div class="review-content">{pen.junk("comment")}</div><div
 class="review-details"><p class="review-author"><span class="review-details-label">Review by</span>
<strong class="review-details-value">{pen.says.name()}</strong></p></div></div></li>"""
    return f"""<!doctype html><html lang="en"><head><meta
 charset="utf-8"/><title>{title}</title></head>
<body data-container="body" id="html-body" class="catalog-product-view product-x
 page-layout-1column"><div class="cookie-status-message" id="cookie-status">The store will not work
 correctly when cookies are disabled.</div><noscript><div class="message global noscript"><div
 class="content"><p><strong>JavaScript seems to be disabled in your browser.</strong> <span>For the
 best
 experience on our site, be sure to turn on Javascript in your
 browser.</span></p></div></div></noscript>
<div role="alertdialog" tabindex="-1" class="message global cookie" id="notice-cookie-block"
 style="display: none;"><div class="content"><p>{pen.junk("cookies")}</p></div></div><div
 class="page-wrapper"><header class="page-header"><div class="panel wrapper"><ul
 class="header links"><li class="greet welcome">Default welcome msg!</li><li><a href="/login">Sign
 In</a>
</li></ul></div><div class="header content"><a class="logo" href="/"><img
 src="{pen.decoration("/static/logo.svg")}" alt="" width="170"/></a></div></header><div
 class="sections nav-sections"><nav class="navigation"><ul
 role="menu">{pen.links(6)}</ul></nav></div><div
 class="breadcrumbs"><ul class="items"><li class="item home"><a
 href="/">Home</a></li></ul></div><main
 id="maincontent" class="page-main"><a id="contentarea" tabindex="-1"></a><div class="columns"><div
 class="column main"><div class="product-info-main"><div class="page-title-wrapper product"><h1
 class="page-title"><span class="base" data-ui-id="page-title-wrapper"
 itemprop="name">{title}</span></h1>
</div><div class="product-reviews-summary"><div class="rating-result" title="80%"></div><a
 class="action view" href="#reviews">1 Review</a></div><div class="product-info-price"><span
 class="price">$45.00</span><div class="product-info-stock-sku"><div class="stock
 available"><span>In
 stock</span></div><div class="product attribute sku"><strong class="type">SKU</strong><div
 class="value">24-MB01</div></div></div></div><div class="product-add-form"><form method="post"
 id="product_addtocart_form"><label for="qty"><span>Qty</span></label><input type="number"
 name="qty"
 value="1"/><button type="submit" class="action primary tocart"><span>Add to
 Cart</span></button></form>
</div><div class="product-social-links"><a href="#" class="action mailto
 friend"><span>Email</span></a>
<a href="#" class="action towishlist"><span>Add to Wish List</span></a></div></div><div
 class="product media"><div class="gallery-placeholder _block-content-loading"
 data-gallery-role="gallery-placeholder"><img alt="main product photo"
 class="gallery-placeholder__image" src="{main}" width="700" height="700"/></div></div><div
 class="product info detailed"><div class="product data items" data-mage-init="{{}}"><div
 class="data item title" id="tab-label-description"><a class="data switch" tabindex="-1"
 href="#description">Details</a></div><div class="data item content" id="description"
 data-role="content"><div class="product attribute description"><div
 class="value"><p>{pen.prose(3, 4)}
</p><p>{pen.prose()}</p><div data-content-type="row"><figure data-content-type="image"><img
 class="pagebuilder-mobile-hidden" src="{second}"
 alt=""/></figure></div><ul><li>{pen.plain()}</li><li>
{pen.plain()}</li></ul><p>{pen.prose()}</p></div></div></div><div class="data item title"
 id="tab-label-additional"><a class="data switch" href="#additional">More Information</a></div><div
 class="data item content" id="additional"><table class="data table
 additional-attributes"><tbody><tr><th
 class="col label">{pen.besides("Material")}</th><td class="col
 data">{pen.besides("Oiled oak")}</td></tr>
</tbody></table></div><div class="data item title" id="tab-label-reviews"><a class="data switch"
 href="#reviews">Reviews <span class="counter">1</span></a></div><div class="data item content"
 id="reviews"><div id="product-review-container"><div class="block review-list"><div
 class="block-title"><strong>Customer Reviews</strong></div><ol class="items
 review-items">{review}</ol>
</div></div></div></div></div><div class="block related" data-limit="0"><div
 class="block-title title"><strong>Related Products</strong></div><div class="block-content
 content"><ol
 class="products list items product-items">{item()}{item()}{item()}</ol></div></div><div
 class="block upsell"><div class="block-title title"><strong>We found other products you might
 like!</strong></div><ol class="products list items
 product-items">{item()}{item()}</ol></div></div></div>
</main><footer class="page-footer"><div class="footer content"><div class="block newsletter"><div
 class="title"><strong>Newsletter</strong></div><p>{pen.junk("newsletter")}</p></div><ul
 class="footer links">{pen.links(4)}</ul></div></footer><small class="copyright"><span>
{pen.junk("rights")}</span></small></div></body></html>"""


def typo3_site(pen: Pen) -> str:
    title = pen.title()

    def photo() -> str:
        slug = pen.slug()
        src = pen.pictured(
            f"/fileadmin/_processed_/a/b/csm_{slug}_1f2e.jpg", f"/fileadmin/user_upload/{slug}.jpg"
        )
        return f"""<div class="ce-gallery" data-ce-columns="1" data-ce-images="1"><div
 class="ce-row"><div class="ce-column"><figure class="image"><a
 href="/fileadmin/user_upload/{slug}.jpg"
 class="lightbox" rel="lightbox[1]"><img class="image-embed-item" src="{src}" width="400"
 height="300"
 loading="lazy" alt="" /></a><figcaption
 class="image-caption">{pen.caption()}</figcaption></figure></div>
</div></div>"""

    def element(kind: str, body: str) -> str:
        number = pen.random.randrange(9999)
        return f"""<div id="c{number}" class="frame frame-default frame-type-{kind}
 frame-layout-0">{body}
</div>"""

    text = f'<header><h2 class="">{pen.heading()}</h2></header><p>{pen.prose(3, 4)}</p>'
    picture = f"""<div class="ce-textpic ce-right ce-intext">{photo()}<div class="ce-bodytext"><p
 class="bodytext">{pen.prose()}</p><p class="bodytext">{pen.prose()}</p></div></div>"""
    bullets = f"""<ul class="ce-bullets"><li>{pen.plain()}</li><li>{pen.plain()}</li></ul>"""
    below = f"""<div class="ce-textpic ce-center ce-below"><div class="ce-bodytext"><p
 class="bodytext">{pen.prose()}</p></div>{photo()}</div>"""
    news = f"""<div class="news"><div class="news-list-view"><div class="article articletype-0"><div
 class="header"><h3><a href="/n"><span
 itemprop="headline">{pen.other_title()}</span></a></h3></div><div
 class="teaser-text"><div itemprop="description">{pen.other_prose()}<a class="more" href="/n">Read
 more</a></div></div></div></div></div>"""
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="generator"
 content="TYPO3 CMS"><title>{title}: District of Halden</title></head><body id="p{pen.number}"
 class="page-{pen.number} pagelevel-2 layout-default"><div id="top"></div><div class="body-bg"><a
 class="sr-only sr-only-focusable" href="#page-content">Skip to main navigation</a><header
 id="page-header" class="bp-page-header navbar navbar-mainnavigation"><div class="container"><a
 class="navbar-brand navbar-brand-image" href="/"><img class="navbar-brand-logo-normal"
 src="{pen.decoration("/typo3conf/ext/site/logo.svg")}" alt="" height="52" width="180"></a><nav
 id="mainnavigation"><ul class="navbar-nav">{pen.links(5)}</ul></nav></div></header><nav
 class="breadcrumb-section" aria-label="Breadcrumb"><div class="container"><p class="sr-only"
 id="breadcrumb">You are here:</p><ol class="breadcrumb"><li class="breadcrumb-item"><a
 href="/">District
</a></li></ol></div></nav><div id="page-content" class="bp-page-content
 main-section"><!--TYPO3SEARCH_begin-->
<div class="section section-default"><div class="container"><div class="section-row"><div
 class="subnav-wrap section-column subnav-column"><ul
 class="subnav-nav">{pen.links(4)}</ul></div><div
 id="maincontent" class="section-column maincontent-column maincontent-column-right" role="main">
{element("header", f"<h1>{title}</h1>")}{element("text", text)}{element("textpic", picture)}
{element("bullets", bullets)}{element("textpic", below)}{
        element("list", news)
    }</div></div></div></div>
<!--TYPO3SEARCH_end--></div><footer id="page-footer" class="bp-page-footer"><section
 class="section footer-section footer-section-content"><div class="container">{
        element("text", f"<p>{pen.junk('rights')}</p>")
    }</div></section><section class="footer-section-meta"><div
 class="footer-meta"><ul id="meta_menu" class="meta-menu"><li><a href="/i">Imprint</a></li><li><a
 href="/p">Privacy</a></li></ul></div></section></footer></div></body></html>"""


def angular_elements(pen: Pen) -> str:
    pen.marks = [
        lambda text: f"<app-term>{text}</app-term>",
        lambda text: f'<a _ngcontent-c1="" routerlink="/t" href="/t">{text}</a>',
        lambda text: f'<x-tooltip content="About this">{text}</x-tooltip>',
    ]
    title = pen.title()

    def photo() -> str:
        src = pen.pictured(f"https://cdn.angular-elements.example/{pen.slug()}/w1200.jpg")
        return f"""<app-figure _nghost-c4=""><figure _ngcontent-c4="" class="media-figure"><img
 _ngcontent-c4="" class="ng-lazyloaded" src="{src}" alt=""><figcaption _ngcontent-c4="">
<app-caption>{pen.caption()}</app-caption></figcaption></figure></app-figure>"""

    def text(markup: str) -> str:
        return f"""<app-paragraph _nghost-c3=""><p _ngcontent-c3="" class="ng-star-inserted"><!---->
{markup}</p></app-paragraph>"""

    card = pen.decoration(f"https://cdn.angular-elements.example/{pen.slug()}/w300.jpg")
    return f"""<!doctype html><html lang="en"><head><meta
 charset="utf-8"><title>{title}</title><base
 href="/"></head><body class="mat-typography"><app-root ng-version="15.2.9"><app-shell
 _nghost-c0=""><mat-sidenav-container class="mat-drawer-container"><mat-sidenav
 class="mat-drawer" style="visibility: hidden;"><mat-nav-list role="navigation">
{pen.links(5, '<a mat-list-item="" href="/{low}">{name}</a>')}</mat-nav-list></mat-sidenav>
<mat-sidenav-content class="mat-drawer-content"><mat-toolbar class="mat-toolbar mat-primary"><button
 mat-icon-button=""><mat-icon class="material-icons">menu</mat-icon></button><span>Harbour
 Magazine</span><app-search><input placeholder="Search"></app-search></mat-toolbar><router-outlet>
</router-outlet><app-story-page _nghost-c1="" class="ng-star-inserted"><app-headline><h1
 _ngcontent-c2="">{title}</h1></app-headline><app-byline><span
 class="author">{pen.says.name()}</span><span
 class="date">{pen.says.date()}</span></app-byline><app-body
 _ngcontent-c1=""><!---->{text(pen.prose(3, 4))}
{photo()}{text(pen.prose())}<app-subhead><h2>{pen.heading()}</h2></app-subhead>{text(pen.prose())}
<app-quote><blockquote><p>{pen.plain()}</p></blockquote></app-quote>{photo()}{text(pen.prose())}
{text(pen.prose())}</app-body><app-share><button
 mat-button="">{pen.junk("share")}</button></app-share>
<app-tags><mat-chip-list><mat-chip>Boats</mat-chip><mat-chip>Wood</mat-chip></mat-chip-list></app-tags>
</app-story-page><app-recommendations><h3>More for you</h3><app-card><a href="/s"><img src="{card}"
 width="300" height="200"><span>{pen.other_title()}</span></a></app-card><app-card><a
 href="/s"><span>
{pen.other_title()}</span></a></app-card></app-recommendations><app-footer><footer><p>
{pen.junk("rights")}</p></footer></app-footer></mat-sidenav-content></mat-sidenav-container><app-cookie-bar
 class="cookie-bar"><p>{pen.junk("cookies")}</p><button mat-button="">OK</button></app-cookie-bar>
</app-shell></app-root></body></html>"""


def recipe_lazy(pen: Pen) -> str:
    title, up = pen.title(), "https://recipe-lazy.example/wp-content/uploads/2020/11"

    def photo() -> str:
        slug = pen.slug()
        src = pen.pictured(f"{up}/{slug}-720x1080.jpg", f"{up}/{slug}.jpg")
        return f"""<div class="wp-block-image"><figure class="aligncenter size-large"><img
 width="720" height="1080" src="{SVG}" data-lazy-src="{src}" alt="" class="perfmatters-lazy"
 data-src="{src}" data-srcset="{src} 720w, {up}/{slug}.jpg 1200w"
 data-pin-media="{up}/{slug}-pin.jpg"
 data-pin-description="{title}"/><noscript><img width="720" height="1080" src="{src}"
 alt=""/></noscript>
</figure></div>"""

    def step(number: int) -> str:
        return f"""<li id="wprm-recipe-1-step-0-{number}" class="wprm-recipe-instruction"
 style="list-style-type: decimal;"><div class="wprm-recipe-instruction-text"><span
 style="display: block;">{pen.prose(1, 2)}</span></div></li>"""

    ingredients = "".join(
        f"""<li class="wprm-recipe-ingredient" style="list-style-type: disc;"><span
 class="wprm-recipe-ingredient-amount">{pen.besides(amount)}</span> <span
 class="wprm-recipe-ingredient-unit">{pen.besides(unit)}</span> <span
 class="wprm-recipe-ingredient-name">{pen.besides(name)}</span></li>"""
        for amount, unit, name in (("250", "g", "rye flour"), ("1½", "cups", "warm milk"))
    )
    small = f"{up}/{pen.slug()}-500x500.jpg"
    pen.pictured(small)
    ad = pen.decoration("https://recipe-lazy.example/wp-content/uploads/cookbook-150x150.png")
    face = pen.decoration("https://recipe-lazy.example/wp-content/uploads/me-200x200.jpg")
    return f"""<!DOCTYPE html><html lang="en-US"><head><title>{title} - Salt &amp;
 Oar</title></head><body
 class="post-template-default single header-full-width content-sidebar genesis-breadcrumbs-hidden
 foodie-pro"><div class="site-container"><ul class="genesis-skip-link"><li><a
 href="#genesis-content" class="screen-reader-shortcut">Skip to main content</a></li></ul><header
 class="site-header"><div class="wrap"><div class="title-area"><p class="site-title"><a
 href="/">Salt &
 Oar</a></p></div></div></header><nav class="nav-primary"><div class="wrap"><ul class="menu
 genesis-nav-menu menu-primary">{pen.links(5)}</ul></div></nav><div class="site-inner"><div
 class="content-sidebar-wrap"><main class="content" id="genesis-content"><article class="post
 type-post
 entry"><header class="entry-header"><h1 class="entry-title">{title}</h1><p class="entry-meta"><time
 class="entry-time">{pen.says.date()}</time> by <span class="entry-author"><span
 class="entry-author-name">{pen.says.name()}</span></span></p><div
 class="wprm-recipe-snippet wprm-recipe-template-snippet-basic-buttons"><a href="#recipe"
 class="wprm-recipe-jump wprm-recipe-link">Jump to Recipe</a> <a href="/print"
 class="wprm-recipe-print">Print Recipe</a></div><p class="disclosure">This post may contain
 affiliate
 links. Please read our disclosure policy.</p></header><div
 class="entry-content"><p>{pen.prose(3, 4)}</p>
{photo()}<p>{pen.prose()}</p><h2 class="wp-block-heading">{pen.heading()}</h2><p>{pen.prose()}</p>
{photo()}<div class="wp-block-group has-background"><p>{pen.prose()}</p></div><div
 id="recipe"></div><div
 id="wprm-recipe-container-1" class="wprm-recipe-container" data-servings="4"><div
 class="wprm-recipe wprm-recipe-template-chic"><div class="wprm-container-float-right"><div
 class="wprm-recipe-image wprm-block-image-circle"><img width="150" height="150" src="{SVG}"
 class="attachment-150x150 size-150x150" alt="" data-lazy-src="{small}"/></div></div><h2
 class="wprm-recipe-name wprm-block-text-bold">{title}</h2><div class="wprm-recipe-rating"><div
 class="wprm-recipe-rating-details">5 from 12 votes</div></div><div class="wprm-recipe-summary">
<span style="display: block;">{pen.plain()}</span></div><div
 class="wprm-recipe-times-container"><span
 class="wprm-recipe-details-label">{pen.besides("Prep Time")}</span>
 <span>{pen.besides("10 mins")}</span>
</div><div class="wprm-recipe-ingredients-container"><h3 class="wprm-recipe-header">
{pen.besides("Ingredients")}</h3><ul class="wprm-recipe-ingredients">{ingredients}</ul></div><div
 class="wprm-recipe-instructions-container"><h3
 class="wprm-recipe-header">{pen.besides("Instructions")}
</h3><ul class="wprm-recipe-instructions">{step(0)}{step(1)}{step(2)}</ul></div><div
 class="wprm-recipe-notes-container"><h3 class="wprm-recipe-header">{pen.besides("Notes")}</h3><div
 class="wprm-recipe-notes"><span>{pen.plain()}</span></div></div></div></div></div><footer
 class="entry-footer"><p class="entry-meta"><span class="entry-categories">Filed Under: <a
 href="/c">Bread</a></span></p></footer></article><div class="after-entry widget-area"><section
 class="widget"><h3 class="widgettitle">Reader Interactions</h3></section></div><div
 class="entry-comments" id="comments"><h3>Comments</h3><ol class="comment-list"><li
 class="comment"><article><div
 class="comment-content"><p>{pen.junk("comment")}</p></div></article></li></ol>
</div></main><aside class="sidebar sidebar-primary widget-area" role="complementary"><section
 class="widget user-profile"><div class="widget-wrap"><img src="{face}" width="200" height="200"
 alt=""><p>
{pen.junk("author")}</p></div></section><section class="widget"><a href="/book"><img src="{ad}"
 width="150" height="150" alt=""></a></section></aside></div></div><footer class="site-footer"><div
 class="wrap"><p>{pen.junk("rights")}</p></div></footer></div></body></html>"""


TEMPLATES = (
    drupal,
    questions_answers,
    moodle_course,
    magento_product,
    typo3_site,
    angular_elements,
    recipe_lazy,
)
