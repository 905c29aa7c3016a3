"""Journals and stories: block themes, Medium, Substack, LiveJournal, a gallery of travels,
Webflow."""

from __future__ import annotations

from tests.web.templates.pen import Pen

BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def wordpress_block(pen: Pen) -> str:
    title, up = pen.title(), "https://wordpress-block.example/wp-content/uploads/2023/05"

    def sizes(slug: str) -> tuple[str, str, str]:
        full = pen.pictured(
            f"{up}/{slug}-1024x768.jpg", f"{up}/{slug}-300x225.jpg", f"{up}/{slug}.jpg"
        )
        return full, f"{up}/{slug}-300x225.jpg", f"{up}/{slug}.jpg"

    def image(extra: str = "") -> str:
        middle, small, full = sizes(pen.slug())
        return f"""<figure class="wp-block-image size-large {extra}"><img decoding="async"
 width="1024"
 height="768" src="{middle}" alt="" class="wp-image-{pen.random.randrange(999)}" srcset="{middle}
 1024w, {small} 300w, {full} 2048w" sizes="(max-width: 1024px) 100vw, 1024px" /><figcaption
 class="wp-element-caption">{pen.caption()}</figcaption></figure>"""

    def gallery_item() -> str:
        middle, small, _ = sizes(pen.slug())
        return f"""<figure class="wp-block-image size-large"><img loading="lazy" width="1024"
 height="768" src="{middle}" alt="" srcset="{middle} 1024w, {small} 300w" /></figure>"""

    def other() -> str:
        src = pen.decoration(f"{up}/{pen.slug()}-768x512.jpg")
        return f"""<li class="wp-block-post post type-post"><figure
 class="wp-block-post-featured-image"><a href="/p"><img width="768" height="512" src="{src}"
 class="attachment-post-thumbnail wp-post-image" alt="" /></a></figure><h3
 class="wp-block-post-title"><a href="/p">{pen.other_title()}</a></h3><div
 class="wp-block-post-excerpt"><p
 class="wp-block-post-excerpt__excerpt">{pen.other_prose()}</p></div>
</li>"""

    hero, _, _ = sizes(pen.slug())
    face = pen.decoration("https://secure.gravatar.com/avatar/ab?s=40&d=mm")
    return f"""<!DOCTYPE html><html lang="en-US"><head><meta charset="UTF-8" /><title>{title} –
 Tide</title>
</head><body class="post-template-default single single-post wp-embed-responsive"><div
 class="wp-site-blocks"><header class="wp-block-template-part"><div class="wp-block-group alignwide
 is-layout-flex"><p class="wp-block-site-title"><a href="/">Tide</a></p><nav
 class="is-responsive wp-block-navigation" aria-label="Navigation"><ul
 class="wp-block-navigation__container">{pen.links(5)}</ul></nav></div></header><main
 class="wp-block-group is-layout-flow" id="wp--skip-link--target"><div class="wp-block-group
 has-global-padding is-layout-constrained"><h1 class="wp-block-post-title">{title}</h1><div
 class="wp-block-template-part"><div class="wp-block-group is-layout-flex"><div
 class="wp-block-post-date"><time>{pen.says.date()}</time></div><p class="has-small-font-size">—</p>
<div class="wp-block-post-author"><div class="wp-block-post-author__content"><p
 class="wp-block-post-author__name">{pen.says.name()}</p></div></div><div
 class="taxonomy-category wp-block-post-terms"><span class="wp-block-post-terms__prefix">in
 </span><a
 href="/c" rel="tag">Coast</a></div></div></div><figure class="alignwide
 wp-block-post-featured-image"><img width="1024" height="768" src="{hero}"
 class="attachment-post-thumbnail size-post-thumbnail wp-post-image" alt="" /></figure></div><div
 class="entry-content wp-block-post-content has-global-padding is-layout-constrained"><p
 class="has-drop-cap">{pen.prose(3, 4)}</p>{image()}<p>{pen.prose()}</p><h2
 class="wp-block-heading">{pen.heading()}</h2><div class="wp-block-columns is-layout-flex"><div
 class="wp-block-column is-layout-flow"><p>{pen.prose()}</p></div><div
 class="wp-block-column is-layout-flow"><p>{pen.prose()}</p></div></div><figure
 class="wp-block-pullquote"><blockquote><p>{pen.plain()}</p></blockquote></figure><figure
 class="wp-block-gallery has-nested-images columns-default is-cropped">{gallery_item()}
{gallery_item()}</figure><div class="wp-block-media-text is-stacked-on-mobile"><div
 class="wp-block-media-text__content"><p>{pen.prose()}</p></div></div><p>{pen.prose()}</p></div><div
 class="wp-block-template-part"><div class="wp-block-comments"><h2
 class="wp-block-comments-title">2 responses to “{title}”</h2><ol
 class="wp-block-comment-template"><li class="comment byuser"><div class="wp-block-group"><div
 class="wp-block-avatar"><img alt="" src="{face}" class="avatar avatar-40 photo" height="40"
 width="40"/></div><div class="wp-block-comment-content"><p>{pen.junk("comment")}</p></div><div
 class="wp-block-comment-reply-link"><a href="#">Reply</a></div></div></li></ol><div
 class="comment-respond wp-block-post-comments-form"><h3 class="comment-reply-title">Leave a
 Reply</h3></div></div></div><div class="wp-block-query"><h2 class="wp-block-heading">More
 posts</h2><ul
 class="wp-block-post-template">{other()}{other()}{other()}</ul></div></main><footer
 class="wp-block-template-part"><div class="wp-block-group"><p class="has-small-font-size">Designed
 with <a href="https://wordpress.org"
 rel="nofollow">WordPress</a></p><p>{pen.junk("rights")}</p></div>
</footer></div></body></html>"""


def medium_story(pen: Pen) -> str:
    title, host = pen.title(), "https://miro.medium.example/v2"

    def photo() -> str:
        key = f"1*{pen.random.randrange(1 << 60):x}.jpeg"
        sizes = [f"{host}/resize:fit:{width}/{key}" for width in (640, 720, 1400)]
        webp = [f"{host}/resize:fit:{width}/format:webp/{key}" for width in (640, 720, 1400)]
        src = pen.pictured(f"{host}/resize:fit:700/{key}", *sizes, *webp)
        return f"""<figure class="mk ml mm mn mo mp mh mi paragraph-image"><div role="button"
 tabindex="0" class="mq mr fj ms bh mt"><span class="fs ft fu ao fv cb fw">Press enter or click to
 view
 image in full size</span><div class="mh mi mj"><picture><source srcSet="{webp[0]} 640w, {webp[1]}
 720w,
 {webp[2]} 1400w" sizes="700px" type="image/webp"/><source data-testid="og" srcSet="{sizes[0]} 640w,
 {sizes[1]} 720w, {sizes[2]} 1400w" sizes="700px"/><img alt="" class="bh ms mu c" width="700"
 height="467" loading="eager" role="presentation" src="{src}"/></picture></div></div><figcaption
 class="mv ga mw mh mi mx my bf b bg z du" data-selectable-paragraph="">{pen.caption()}</figcaption>
</figure>"""

    def text(markup: str) -> str:
        return f"""<p id="{pen.random.randrange(1 << 16):04x}" class="pw-post-body-paragraph mz na
 ff
 nb b nc nd ne nf" data-selectable-paragraph="">{markup}</p>"""

    def other() -> str:
        face = pen.decoration(f"{host}/resize:fill:40:40/{pen.slug()[:9]}.jpeg")
        thumb = pen.decoration(f"{host}/resize:fit:679/{pen.slug()}.jpeg")
        return f"""<div class="sz ta"><article data-testid="post-preview"><a href="/p"><img alt=""
 class="bh tb" src="{thumb}" loading="lazy"/></a><div class="ab q"><img alt="" class="l ep by"
 src="{face}" width="20" height="20" loading="lazy"/><p class="bf b
 it">{pen.says.name()}</p></div><a
 href="/p"><h2 class="bf hv">{pen.other_title()}</h2><h3 class="bf
 b">{pen.other_prose()}</h3></a><span
 class="bf b">{pen.says.date()}</span></article></div>"""

    face = pen.decoration(f"{host}/resize:fill:88:88/1*face.jpeg")
    return f"""<!doctype html><html lang="en"><head><title data-rh="true">{title} | by
 {pen.says.name()}
 | Medium</title></head><body><div id="root"><div class="a b c"><a href="#m"
 class="sitemap-skip">Sitemap
</a><div class="d e f g h i j k l"><a class="ag" href="/app">Open in app</a><div class="ab q"><p
 class="bf b">Sign up</p><p class="bf b"><a href="/m/signin">Sign in</a></p></div><div
 class="pw-search"
 role="search"><input placeholder="Search"/></div></div><div class="l"><article><div class="l"><div
 class="l"><section><div><div class="gn go gp gq gr"><div class="ab cb"><div class="ci bh"><div><h1
 id="t" class="pw-post-title gs gt gu bf gv" data-testid="storyTitle">{title}</h1></div><div><h2
 class="pw-subtitle-paragraph hp">{pen.plain()}</h2></div><div class="speechify-ignore ab cp"><div
 class="ab"><a href="/@a"><img alt="" class="l fd by" src="{face}" width="44" height="44"
 data-testid="authorPhoto"/></a><div class="bn bh l"><div class="ab"><a class="af"
 data-testid="authorName" href="/@a">{pen.says.name()}</a><button class="bf
 b">Follow</button></div><div
 class="ab"><span data-testid="storyReadTime">5 min read</span><span>·</span><span
 data-testid="storyPublishDate">Mar 2, 2021</span></div></div></div><div class="ab co"><button
 aria-label="responses"><p class="bf b dv">12</p></button><div
 class="pw-multi-vote-count"><button>331
</button></div><button aria-label="Share Post">Share</button></div></div>{text(pen.prose(3, 4))}
{photo()}{text(pen.prose())}<h1 id="h" class="oa ob gu bf
 oc">{pen.heading()}</h1>{text(pen.prose())}
<blockquote class="ol"><p class="om on gu bf oo" data-selectable-paragraph="">{pen.plain()}</p>
</blockquote>{photo()}{text(pen.prose())}<ul class=""><li class="mz na"
 data-selectable-paragraph="">
{pen.plain()}</li><li class="mz na"
 data-selectable-paragraph="">{pen.plain()}</li></ul></div></div></div>
</div></section></div></div></article></div><div class="ab ca"><div class="ci bh"><div class="pi
 ab"><a
 href="/tag/boats"><div class="pj">Boats</div></a><a href="/tag/craft"><div
 class="pj">Craft</div></a>
</div></div></div><div class="l"><footer class="pt pu"><div class="ab
 cp"><span>331</span><span>12</span>
</div></footer></div><div class="pz bh"><div class="ab"><h2 class="bf">Written by <a href="/@a">
{pen.says.name()}</a></h2><div class="ab"><a href="/f"><span>1.2K followers</span></a></div><p
 class="bf b">{pen.junk("author")}</p></div></div><div class="rq"><h2 class="bf">Responses
 (2)</h2><div
 class="rr"><p class="bf b">What are your thoughts?</p><div class="rs"><pre><div
 class="bf">{pen.junk("comment")}</div></pre></div></div></div><div class="qm"><h2 class="bf">More
 from
 {pen.says.name()} and Harbour Stories</h2>{other()}{other()}</div><div class="su"><h2
 class="bf">Recommended from Medium</h2>{other()}{other()}</div><div class="tx"><a
 href="/help">Help</a>
<a href="/status">Status</a><a href="/about">About</a><a
 href="/careers">Careers</a></div></div></div>
</body></html>"""


def substack_letter(pen: Pen) -> str:
    pen.note = lambda n: (
        f'<a class="footnote-anchor" data-component-name="FootnoteAnchorToDOM"'
        f' id="footnote-anchor-{n}" href="#footnote-{n}" target="_self">{n}</a>'
    )
    title, host = pen.title(), "https://substackcdn.example/image/fetch"

    def photo(captioned: bool) -> str:
        key = f"https%3A%2F%2Fpost-media.s3.example%2Fpublic%2Fimages%2F{pen.slug()}.jpeg"
        sizes = [f"{host}/w_{w},c_limit,f_auto,q_auto:good/{key}" for w in (424, 848, 1456)]
        webp = [f"{host}/w_{w},c_limit,f_webp,q_auto:good/{key}" for w in (424, 848, 1456)]
        src = pen.pictured(sizes[2], *sizes, *webp)
        caption = (
            f'<figcaption class="image-caption">{pen.caption()}</figcaption>' if captioned else ""
        )
        return f"""<div class="captioned-image-container"><figure><a class="image-link image2
 is-viewable-img" target="_blank" href="{src}" data-component-name="Image2ToDOM"><div
 class="image2-inset"><picture><source type="image/webp" srcset="{webp[0]} 424w, {webp[1]} 848w,
 {webp[2]} 1456w" sizes="100vw"><img src="{src}" width="1456" height="971" class="sizing-normal"
 alt=""
 srcset="{sizes[0]} 424w, {sizes[1]} 848w, {sizes[2]} 1456w" sizes="100vw"></picture><div
 class="image-link-expand"><div class="pencraft"><button type="button" class="pencraft
 restack-image"><svg></svg></button></div></div></div></a>{caption}</figure></div>"""

    widget = f"""<div class="subscription-widget-wrap" data-attrs="{{}}"><div
 class="subscription-widget
 show-subscribe"><div class="preamble"><p
 class="cta-caption">{pen.junk("newsletter")}</p></div><form
 class="subscription-widget-subscribe"><input type="email" class="email-input"
 placeholder="Type your email…"><input type="submit" class="button primary"
 value="Subscribe"></form></div>
</div>"""
    body = f"""<p>{pen.prose(3, 4)}</p>{photo(True)}<p>{pen.prose()}</p>{widget}<h3
 class="header-anchor-post">
{pen.heading()}</h3><p>{pen.prose()}</p><blockquote><p>{pen.prose(1, 2)}</p></blockquote>
{photo(False)}<p>{pen.prose()}</p><div><hr></div><p>{pen.prose()}</p><p class="button-wrapper"
 data-component-name="ButtonCreateButton"><a class="button primary"
 href="/share"><span>Share</span></a>
</p>"""
    notes = "".join(
        f"""<div class="footnote" data-component-name="FootnoteToDOM"><a id="footnote-{n}"
 href="#footnote-anchor-{n}" class="footnote-number" contenteditable="false"
 target="_self">{pen.besides(str(n))}</a><div
 class="footnote-content"><p>{pen.besides(pen.says.sentence())}</p></div></div>"""
        for n in range(1, pen.notes + 1)
    )
    face = pen.decoration(f"{host}/w_36,h_36,c_fill/avatar.png")
    return f"""<!DOCTYPE html><html lang="en"><head><title>{title} - by
 {pen.says.name()}</title></head>
<body class=""><div id="entry"><div id="main" class="main typography use-theme-bg"><div
 class="main-menu"><div class="topBar"><h1 class="pencraft"><a href="/">Harbour Letter</a></h1><div
 class="buttonsContainer"><button class="pencraft">Subscribe</button><button>Sign
 in</button></div></div>
</div><div><div class="available-content-wrap"><div class="single-post-container"><div
 class="container"><div class="single-post"><div class="pencraft"><article
 class="typography newsletter-post post"><div class="post-header" role="region"
 aria-label="Post header"><h1 dir="auto" class="post-title published title">{title}</h1><h3
 dir="auto"
 class="subtitle">{pen.plain()}</h3><div class="pencraft byline-wrapper"><img src="{face}"
 width="36"
 height="36" alt=""><div class="pencraft"><a href="/@a">{pen.says.name()}</a></div><div
 class="pencraft">{pen.says.date()}</div></div><div
 class="post-ufi"><button>88</button><button>14</button>
<button>Share</button></div></div><div class="visibility-check"></div><div><div
 class="available-content"><div dir="auto" class="body markup">{body}{notes}</div></div></div><div
 class="post-footer"><div class="post-ufi"><a href="/c">88
 Likes</a></div></div></article></div></div></div>
<div class="container"><div id="discussion"><h4>Discussion about this post</h4><div
 class="comment-list"><div class="comment"><div
 class="comment-body"><p>{pen.junk("comment")}</p></div>
<div class="comment-actions"><a>Like (2)</a><a>Reply</a></div></div></div></div><div
 class="portable-archive"><div class="portable-archive-list"><a
 href="/p/1">{pen.other_title()}</a><div>
{pen.other_prose()}</div></div></div></div></div></div></div></div><div class="footer-wrap
 publication-footer"><div class="footer-blurb">© 2024 {pen.says.name()}</div><div><a
 href="/privacy">Privacy</a> ∙ <a href="/tos">Terms</a> ∙ <a href="/ccpa">Collection
 notice</a></div></div>
</div></body></html>"""


def live_journal(pen: Pen) -> str:
    title = pen.title()

    def photo() -> str:
        src = pen.pictured(f"https://ic.pics.live-journal.example/u/1/{pen.slug()}_900.jpg")
        return f'<img alt="" fetchpriority="high" src="{src}" title="" /><br /><br />'

    face = pen.decoration("https://l-userpic.live-journal.example/1/2")
    head = pen.decoration("https://l-stat.live-journal.example/img/userinfo_v8.svg?v=17080")
    return f"""<!DOCTYPE html><html lang="en" class="html-schemius
 html-adaptive"><head><title>{title}:
 old_captain — LiveJournal</title></head><body class="page-entry s-schema"><div
 class="s-header-wrapper"><header class="s-header" role="banner"><div class="s-inner"><a
 class="s-logo" href="/">LiveJournal</a><nav class="s-nav"><ul
 class="s-nav-list">{pen.links(4)}</ul>
</nav><div class="s-header-extra"><a href="/login">Log in</a></div></div></header></div><div
 class="s-layout"><div class="s-body" role="main"><article class="aentry aentry--schemius
 h-entry"><header class="aentry-head"><div class="aentry-head__userinfo"><span class="ljuser
 i-ljuser"><a href="/profile" class="i-ljuser-profile"><img class="i-ljuser-userhead" src="{head}"
 width="17" height="17" alt=""/></a><a href="/"
 class="i-ljuser-username"><b>old_captain</b></a></span>
</div><a class="aentry-head__pic" href="/"><img src="{face}" width="100" height="100"
 alt=""></a><div
 class="aentry-head__date">March 6 2021, 19:12</div></header><h1 class="aentry-post__title
 p-name"><span
 class="aentry-post__title-text">{title}</span></h1><div class="aentry-post__content"><div
 class="aentry-post__text aentry-post__text--view e-content">{pen.prose(3, 4)}<br /><br />{photo()}
{pen.prose()}<br /><br /><a name="cutid1"></a>{pen.prose()}<br /><br />{photo()}<i>{pen.plain()}</i>
<br /><br />{pen.prose()}<br /><br />{pen.prose()}<a name='cutid1-end'></a></div></div><div
 class="aentry-tags"><strong>Tags:</strong> <a rel="tag" href="/tag/sea">sea</a>, <a rel="tag"
 href="/tag/wood">wood</a></div><footer class="aentry-foot"><ul
 class="aentry-actions"><li>Share</li><li>
Flag</li><li>Link</li></ul></footer></article><div class="mdspost-comments" id="comments"><h3
 class="mdspost-comments-title">3 comments</h3><div class="b-leaf"><div class="b-leaf-inner"><div
 class="b-leaf-username">user_two</div><div class="b-leaf-article">{pen.junk("comment")}</div><div
 class="b-leaf-actions">Reply Thread</div></div></div></div><div
 class="recommended-entries"><h3>Previous
 entries</h3><a href="/1.html">{pen.other_title()}</a></div></div></div><footer
 class="s-footer"><div>{pen.junk("rights")}</div></footer></body></html>"""


def travel_gallery(pen: Pen) -> str:
    title, base = pen.title(), "/photos"

    def sizes(slug: str) -> tuple[str, str]:
        return f"{base}/large/{slug}.jpg", f"{base}/medium/{slug}.jpg"

    def tile() -> str:
        large, medium = sizes(pen.slug())
        pen.pictured(medium, large)
        return f"""<a href="{large}" class="glightbox gallery-tile" data-gallery="day"
 data-title=""><img class="lozad" src="{base}/blank.png" data-src="{medium}" alt=""><span
 class="gallery-tile__caption">{pen.caption()}</span></a>"""

    def day(number: int) -> str:
        large, medium = sizes(pen.slug())
        pen.pictured(medium, large)
        return f"""<section class="day" id="day-{number}"><header
 class="day-header"><h2>{pen.heading()}
</h2><p class="day-lead">{pen.prose(1, 2)}</p></header><p>{pen.prose(2, 3)}</p><div
 class="photo-row"><div class="photo-row__item" itemscope
 itemtype="http://schema.org/ImageObject"><img
 src="{medium}" data-full="{large}" alt="" itemprop="contentUrl"></div><p class="photo-row__text">
{pen.prose(1, 2)}</p></div></section>"""

    hero = pen.pictured(f"{base}/hero/{pen.slug()}.jpg")
    pin = pen.decoration("https://assets.pinterest.example/images/pidgets/pinit_fg_en.png")
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} | Two
 Rucksacks</title></head><body class="trip"><header class="top"><div class="top__logo"><a
 href="/"><img src="{pen.decoration("/img/logo@2x.png")}" alt="Two Rucksacks" width="180"
 height="60"></a></div><nav class="top__nav"><ul>{pen.links(5)}</ul></nav></header><div
 class="hero"><img class="hero__img" src="{hero}" alt=""><div class="hero__text"><h1>{title}</h1><p
 class="hero__date">{pen.says.date()} · <a href="/trips">Northern Loop</a></p></div></div><div
 class="page"><div class="page__content"><p class="intro">{pen.prose(3, 4)}</p><div class="trip-map"
 data-lat="54.1" data-lng="-1.2"></div>{day(1)}<div
 class="gallery">{tile()}{tile()}{tile()}</div>{day(2)}
<div class="tip-box"><h4>{pen.besides("Our tip")}</h4><p>{pen.plain()}</p></div><p>
{pen.prose()}</p><div class="pin-me"><a href="#"><img
 src="{pin}" width="40" height="20" alt="Pin it">
</a>
 Like it? Pin
 it for
 later!</div><div class="affiliate-note"><small>This post may contain affiliate links, which cost
 you
 nothing.</small></div></div><aside class="page__side"><div class="about-us"><img
 src="{pen.decoration("/img/us.jpg")}" alt="" width="120"
 height="120"><p>{pen.junk("author")}</p></div>
<div class="widget"><h4>Latest trips</h4><ul><li><a href="/1">{pen.other_title()}</a></li><li><a
 href="/2">{pen.other_title()}</a></li></ul></div></aside></div><div class="next-prev"><a
 href="/n">Next day: {pen.other_title()}</a></div><div class="replies"><h3>2 replies</h3><div
 class="reply"><b>{pen.says.name()}</b><p>{pen.junk("comment")}</p></div></div><footer
 class="bottom"><p>{pen.junk("newsletter")}</p><p>{pen.junk("rights")}</p></footer></body></html>"""


def webflow_story(pen: Pen) -> str:
    title, host = pen.title(), "https://assets-global.website-files.com/62"

    def photo() -> str:
        key = f"{host}/{pen.slug()}"
        small, large = f"{key}-p-500.jpg", f"{key}-p-1080.jpg"
        src = pen.pictured(f"{key}.jpg", small, large)
        return f"""<figure class="w-richtext-align-center w-richtext-figure-type-image"><div><img
 src="{src}" loading="lazy" sizes="100vw" srcset="{small} 500w, {large} 1080w, {src} 1600w"
 alt=""></div>
<figcaption>{pen.caption()}</figcaption></figure>"""

    def item() -> str:
        src = pen.decoration(f"{host}/{pen.slug()}-thumb.jpg")
        return f"""<div role="listitem" class="blog17_item w-dyn-item"><a href="/post/x"
 class="blog17_image-link w-inline-block"><img src="{src}" loading="lazy" alt=""
 class="blog17_image"></a><div class="text-weight-semibold">Essay</div><h3 class="heading-style-h5">
{pen.other_title()}</h3><div class="text-size-regular">{pen.other_prose()}</div></div>"""

    return f"""<!DOCTYPE html><html data-wf-domain="story.example" data-wf-page="62"
 lang="en"><head><meta
 charset="utf-8"/><title>{title}</title></head><body><div class="page-wrapper"><div
 class="global-styles w-embed"><style>.x{{color:red}}</style></div><div data-collapse="medium"
 role="banner" class="navbar1_component w-nav"><div class="navbar1_container"><a href="/"
 class="navbar1_logo-link w-nav-brand"><img src="{pen.decoration(host + "/logo.svg")}"
 alt=""></a><nav
 role="navigation" class="navbar1_menu w-nav-menu">
{pen.links(4, '<a href="/{low}" class="navbar1_link w-nav-link">{name}</a>')}<div
 class="navbar1_menu-buttons"><a href="/c" class="button w-button">Get
 started</a></div></nav></div></div>
<main class="main-wrapper"><header class="section_blogpost1-header"><div class="padding-global"><div
 class="container-large"><div class="breadcrumb_component"><a href="/blog"
 class="breadcrumb-link w-inline-block"><div>Blog</div></a></div><h1
 class="heading-style-h1">{title}</h1>
<div class="blogpost1-header_meta"><div>{pen.says.name()}</div><div>{pen.says.date()}</div><div>5
 min
 read</div></div></div></div></header><section class="section_content"><div
 class="padding-global"><div
 class="content27_component"><div class="text-rich-text
 w-richtext"><p>{pen.prose(3, 4)}</p>{photo()}<p>
{pen.prose()}</p><p>&zwj;</p><h2>{pen.heading()}</h2><p>{pen.prose()}</p><ul
 role="list"><li>{pen.plain()}
</li><li>{pen.plain()}</li></ul>{photo()}<p>{pen.prose()}</p><blockquote>{pen.plain()}</blockquote><p>
{pen.prose()}</p></div><div class="content27_bottom"><div class="text-size-medium">Share this
 post</div>
<div class="content27_share"><a href="#" class="w-inline-block"><div class="icon-1x1
 w-embed"><svg><path
 d="M1"/></svg></div></a></div></div></div></div></section><section class="section_cta"><h2>Ready
 to set
 sail?</h2><p class="text-size-medium">{pen.junk("newsletter")}</p><div class="form_component
 w-form"><form
 class="form"><input class="form-input w-input" type="email"/><input type="submit" value="Sign up"
 class="button w-button"/></form><div class="w-form-done"><div>Thank you! Your submission has been
 received!</div></div><div class="w-form-fail"><div>Oops! Something went wrong while submitting the
 form.</div></div></div></section><section class="section_blog17"><h2>Keep reading</h2><div
 class="w-dyn-list"><div role="list"
 class="w-dyn-items">{item()}{item()}{item()}</div></div></section>
</main><footer class="footer3_component"><div>{pen.junk("rights")}</div>
{pen.links(4, '<a href="/{low}" class="footer3_link">{name}</a>')}</footer></div></body></html>"""


TEMPLATES = (
    wordpress_block,
    medium_story,
    substack_letter,
    live_journal,
    travel_gallery,
    webflow_story,
)
