"""Weblogs: WordPress, Blogger, Ghost, Tumblr, a Hugo theme."""

from __future__ import annotations

from tests.web.templates.pen import Pen


def wordpress_classic(pen: Pen) -> str:
    title, up = pen.title(), "/wp-content/uploads/2021/03/"

    def photo(align: str) -> str:
        slug = pen.slug()
        src = pen.pictured(f"{up}{slug}-300x200.jpg", f"{up}{slug}-1024x683.jpg", f"{up}{slug}.jpg")
        number = pen.random.randrange(9999)
        return f"""<div id="attachment_{number}" style="width: 310px" class="wp-caption {align}">
<a href="{up}{slug}.jpg"><img aria-describedby="caption-attachment-{number}" loading="lazy"
 class="wp-image-{number} size-medium" src="{src}" alt="" width="300" height="200"
 srcset="{up}{slug}-300x200.jpg 300w, {up}{slug}-1024x683.jpg 1024w, {up}{slug}.jpg 1600w"
 sizes="(max-width: 300px) 100vw, 300px" /></a><p id="caption-attachment-{number}"
 class="wp-caption-text">{pen.caption()}</p></div>"""

    def comment(number: int) -> str:
        face = pen.decoration(f"https://secure.gravatar.com/avatar/{number:032x}?s=56&d=mm&r=g")
        return f"""<li id="comment-{number}" class="comment even thread-even depth-1">
<article id="div-comment-{number}" class="comment-body"><footer class="comment-meta">
<div class="comment-author vcard"><img alt='' src='{face}' class='avatar avatar-56 photo'
 height='56' width='56' /> <b class="fn">{pen.says.name()}</b> <span class="says">says:</span></div>
</footer><div class="comment-content"><p>{pen.junk("comment")}</p></div>
<div class="reply"><a rel='nofollow' class='comment-reply-link' href='#'>Reply</a></div>
</article></li>"""

    def related() -> str:
        thumb = pen.decoration(f"{up}{pen.slug()}-350x200.jpg")
        return f"""<div class="jp-relatedposts-post"><a class="jp-relatedposts-post-a" href="/p/">
<img class="jp-relatedposts-post-img" src="{thumb}" width="350" height="200" alt="" /></a>
<h4 class="jp-relatedposts-post-title"><a href="/p/">{pen.other_title()}</a></h4>
<p class="jp-relatedposts-post-excerpt">{pen.other_prose()}</p></div>"""

    return f"""<!DOCTYPE html>
<html lang="en-US"><head><meta charset="UTF-8" /><title>{title} | My Notes</title>
<link rel="pingback" href="/xmlrpc.php" /></head>
<body class="post-template-default single single-post postid-{pen.number} single-format-standard">
<div id="page" class="hfeed site"><a class="skip-link screen-reader-text" href="#content">
{pen.junk("hidden")}</a>
<header id="masthead" class="site-header" role="banner"><h1 class="site-title"><a href="/">My
Notes</a></h1><h2 class="site-description">A weblog about slow things</h2>
<nav id="site-navigation" class="main-navigation" role="navigation"><ul class="nav-menu">
{pen.links(6)}</ul></nav></header>
<div id="main" class="wrapper"><div id="primary" class="site-content"><div id="content" role="main">
<article id="post-{pen.number}" class="post-{pen.number} post type-post hentry category-travel">
<header class="entry-header"><h1 class="entry-title">{title}</h1>
<div class="comments-link"><a href="#comments">3 Replies</a></div></header>
<div class="entry-content"><p>{pen.prose(3, 4)}</p>
{photo("alignright")}
<p>{pen.prose()}</p>
<h2>{pen.heading()}</h2>
<p>{pen.prose()}</p>
<blockquote><p>{pen.prose(2, 2)}</p></blockquote>
{photo("aligncenter")}
<p>{pen.prose(3, 5)}</p>
<div class="sharedaddy sd-sharing-enabled"><div class="robots-nocontent sd-block sd-social">
<h3 class="sd-title">Share this:</h3><div class="sd-content"><ul><li class="share-twitter"><a
 class="share-twitter sd-button" href="?share=twitter"><span>Twitter</span></a></li><li><a
 href="?share=facebook"><span>{pen.junk("share")}</span></a></li></ul></div></div></div>
<div id='jp-relatedposts' class='jp-relatedposts'><h3 class="jp-relatedposts-headline"><em>Related
</em></h3><div class="jp-relatedposts-items">{related()}{related()}</div></div>
</div>
<footer class="entry-meta">This entry was posted in <a href="/category/travel" rel="category
 tag">Travel</a> on <a href="#"><time class="entry-date">{pen.says.date()}</time></a> by
<a href="/author/x">{pen.says.name()}</a>.</footer></article>
<nav class="nav-single"><h3 class="assistive-text">Post navigation</h3><span
 class="nav-previous"><a href="/p1" rel="prev">← {pen.other_title()}</a></span></nav>
<div id="comments" class="comments-area"><h2 class="comments-title">3 thoughts on
 “<span>{title}</span>”</h2><ol class="commentlist">{comment(1)}{comment(2)}{comment(3)}</ol>
<div id="respond" class="comment-respond"><h3 id="reply-title">Leave a Reply</h3>
<form action="/wp-comments-post.php" method="post" id="commentform"><p class="comment-notes">Your
 email address will not be published. Required fields are marked *</p>
<textarea id="comment" name="comment"></textarea></form></div></div>
</div></div>
<div id="secondary" class="widget-area" role="complementary"><aside id="recent-posts-2"
 class="widget widget_recent_entries"><h3 class="widget-title">Recent Posts</h3><ul>
<li><a href="/a">{pen.other_title()}</a></li><li><a href="/b">{pen.other_title()}</a></li></ul>
</aside><aside id="text-3" class="widget widget_text"><div class="textwidget"><p>
{pen.junk("newsletter")}</p></div></aside></div></div>
<footer id="colophon" role="contentinfo"><div class="site-info">{pen.junk("rights")}
<a href="https://wordpress.org/">Proudly powered by WordPress</a></div></footer></div>
<img src="{pen.decoration("https://pixel.wp.com/g.gif?v=ext&blog=1")}" alt="" width="6" height="5">
</body></html>"""


def blogger(pen: Pen) -> str:
    title, host = pen.title(), "https://1.bp.blogspot.com"

    def photo(captioned: bool) -> str:
        name = f"{pen.slug()}.jpg"
        key = f"{host}/-{pen.random.randrange(1 << 40):x}/YE/AAA"
        src = pen.pictured(f"{key}/s320/{name}", f"{key}/s640/{name}", f"{key}/s1600/{name}")
        image = f"""<a href="{key}/s1600/{name}" style="margin-left: 1em; margin-right: 1em;"><img
 border="0" data-original-height="1067" data-original-width="1600" height="213" src="{src}"
 width="320" /></a>"""
        if not captioned:
            return f'<div class="separator" style="clear: both; text-align: center;">{image}</div>'
        return f"""<table align="center" cellpadding="0" cellspacing="0"
 class="tr-caption-container" style="margin-left: auto; margin-right: auto;"><tbody><tr><td
 style="text-align: center;">{image}</td></tr><tr><td class="tr-caption"
 style="text-align: center;">{pen.caption()}</td></tr></tbody></table>"""

    return f"""<!DOCTYPE html>
<html dir='ltr' xmlns='http://www.w3.org/1999/xhtml' xmlns:b='http://www.google.com/2005/gml/b'>
<head><meta content='text/html; charset=UTF-8' http-equiv='Content-Type'/><title>{title}</title>
<meta content='blogger' name='generator'/></head><body class='loading variant-simplysimple'>
<div class='navbar section' id='navbar'><div class='widget Navbar' id='Navbar1'></div></div>
<div class='body-fauxcolumns'><div class='fauxcolumn-outer body-fauxcolumn-outer'></div></div>
<div class='content'><div class='content-outer'><div class='content-inner'><header><div
 class='header-outer'><div class='header section' id='header'><div class='widget Header'
 id='Header1'><div id='header-inner'><div class='titlewrapper'><h1 class='title'><a
 href='/'>Slow Rivers</a></h1></div><div class='descriptionwrapper'><p class='description'><span>
Notes from the bank</span></p></div></div></div></div></div></header>
<div class='main-outer'><div class='columns fauxcolumns'><div class='columns-inner'>
<div class='column-center-outer'><div class='column-center-inner'><div class='main section'
 id='main'><div class='widget Blog' data-version='1' id='Blog1'><div class='blog-posts hfeed'>
<div class="date-outer"><h2 class='date-header'><span>{pen.says.date()}</span></h2>
<div class="date-posts"><div class='post-outer'><div class='post hentry uncustomized-post-template'
 itemprop='blogPost' itemscope='itemscope' itemtype='http://schema.org/BlogPosting'>
<h3 class='post-title entry-title' itemprop='name'>{title}</h3>
<div class='post-header'><div class='post-header-line-1'></div></div>
<div class='post-body entry-content' id='post-body-{pen.number}' itemprop='description
 articleBody'>{photo(True)}<br />
{pen.prose(3, 4)}<br />
<br />
{pen.prose()}<br />
<br />
{photo(False)}<div><br /></div><div>{pen.prose()}</div><div><br /></div>
<div><span style="font-family: inherit;">{pen.prose()}</span></div>
<div style='clear: both;'></div></div>
<div class='post-footer'><div class='post-footer-line post-footer-line-1'><span
 class='post-author vcard'>Posted by <span class='fn'>{pen.says.name()}</span></span> <span
 class='post-timestamp'>at <a class='timestamp-link' href='#'>10:32 AM</a></span>
<span class='post-icons'><span class='item-control blog-admin'><a href='#' title='Edit Post'><img
 alt='' class='icon-action' height='18' src='{pen.decoration("/img/icon18_edit_allbkg.gif")}'
 width='18'/></a></span></span><div class='post-share-buttons goog-inline-block'><a class='b-email'
 href='#'><span class='share-button-link-text'>Email This</span></a><a href='#'><span
 class='share-button-link-text'>BlogThis!</span></a></div></div>
<div class='post-footer-line'><span class='post-labels'>Labels: <a href='/search/label/river'
 rel='tag'>river</a>, <a href='/search/label/boats' rel='tag'>boats</a></span></div></div></div>
<div class='comments' id='comments'><h4>2 comments:</h4><div id='comments-block-wrapper'><dl
 id='comments-block'><dt class='comment-author'><a href='#'>{pen.says.name()}</a> said...</dt>
<dd class='comment-body'><p>{pen.junk("comment")}</p></dd><dd class='comment-footer'><span
 class='comment-timestamp'>May 3, 2021 at 9:11 PM</span></dd></dl></div><p
 class='comment-footer'><a href='#'>Post a Comment</a></p></div></div></div></div></div>
<div class='blog-pager' id='blog-pager'><a class='blog-pager-older-link' href='/o'>Older Post</a>
<a class='home-link' href='/'>Home</a></div></div></div></div></div>
<div class='column-right-outer'><div class='column-right-inner'><aside><div class='sidebar section'
 id='sidebar-right-1'><div class='widget Profile'><h2>About Me</h2><div class='widget-content'><a
 href='#'><img class='profile-img' height='80' src='{pen.decoration("/s80/me.jpg")}'
 width='80'/></a><dl class='profile-datablock'><dt class='profile-data'>{pen.says.name()}</dt></dl>
</div></div><div class='widget BlogArchive'><h2>Blog Archive</h2><ul class='hierarchy'><li><a
 href='/2021'>2021</a> (14)</li><li><a href='/2020'>2020</a> (31)</li></ul></div></div></aside>
</div></div></div></div></div><footer><div class='footer-outer'><div class='foot section'><div
 class='widget Attribution'>{pen.junk("rights")} Powered by <a href='https://www.blogger.com'>
Blogger</a>.</div></div></div></footer></div></div></div></body></html>"""


def ghost(pen: Pen) -> str:
    title, base = pen.title(), "/content/images"

    def photo(extra: str, wide: bool) -> str:
        name = f"2021/03/{pen.slug()}.jpg"
        sizes = [f"{base}/size/w{width}/{name}" for width in (600, 1000, 1600)]
        src = pen.pictured(f"{base}/{name}", *sizes)
        kind = "kg-width-wide" if wide else ""
        return f"""<figure class="kg-card kg-image-card {kind} kg-card-hascaption"><img src="{src}"
 class="kg-image" alt loading="lazy" width="2000" height="1333" srcset="{sizes[0]} 600w,
 {sizes[1]} 1000w, {sizes[2]} 1600w" sizes="(min-width: 720px) 720px"{extra}><figcaption>
<span style="white-space: pre-wrap;">{pen.caption()}</span></figcaption></figure>"""

    def card() -> str:
        thumb = pen.decoration(f"{base}/size/w600/2021/02/{pen.slug()}.jpg")
        return f"""<article class="post-card post"><a class="post-card-image-link" href="/p/"><img
 class="post-card-image" srcset="{thumb} 600w" src="{thumb}" alt="" loading="lazy"/></a>
<div class="post-card-content"><a class="post-card-content-link" href="/p/"><header
 class="post-card-header"><h2 class="post-card-title">{pen.other_title()}</h2></header>
<div class="post-card-excerpt">{pen.other_prose()}</div></a><footer class="post-card-meta">
<time class="post-card-meta-date">{pen.says.date()}</time> <span class="post-card-meta-length">4 min
 read</span></footer></div></article>"""

    hero = f"2021/03/{pen.slug()}.jpg"
    pen.pictured(f"{base}/size/w2000/{hero}", f"{base}/size/w300/{hero}", f"{base}/{hero}")
    return f"""<!DOCTYPE html>
<html lang="en"><head><title>{title}</title><meta charset="utf-8" /></head>
<body class="post-template tag-essays is-head-left-logo"><div class="viewport">
<header id="gh-head" class="gh-head outer"><div class="gh-head-inner inner"><div
 class="gh-head-brand"><a class="gh-head-logo no-image" href="/">Paper Boats</a>
<button class="gh-search gh-icon-btn" aria-label="Search this site" data-ghost-search></button>
</div><nav class="gh-head-menu"><ul class="nav">{pen.links(4)}</ul></nav><div
 class="gh-head-actions"><a class="gh-head-link" href="#/portal/signin">Sign in</a><a
 class="gh-head-button" href="#/portal/signup">Subscribe</a></div></div></header>
<div class="site-content"><main id="site-main" class="site-main"><article class="article post
 featured no-image"><header class="article-header gh-canvas"><div class="article-tag
 post-card-tags">
<span class="post-card-primary-tag"><a href="/tag/essays/">Essays</a></span></div>
<h1 class="article-title">{title}</h1><p class="article-excerpt">{pen.plain()}</p>
<div class="article-byline"><section class="article-byline-content"><ul class="author-list"><li
 class="author-list-item"><a href="/author/x/" class="author-avatar"><img
 class="author-profile-image"
 src="{pen.decoration(base + "/size/w100/2020/01/face.png")}" alt="" /></a></li></ul><div
 class="article-byline-meta"><h4 class="author-name"><a href="/author/x/">{pen.says.name()}</a></h4>
<div class="byline-meta-content"><time class="byline-meta-date">{pen.says.date()}</time> <span
 class="byline-reading-time"><span class="bull">&bull;</span> 5 min
 read</span></div></div></section>
</div><figure class="article-image"><img srcset="{base}/size/w300/{hero} 300w,
 {base}/size/w2000/{hero} 2000w" sizes="(min-width: 1400px) 1400px, 92vw"
 src="{base}/size/w2000/{hero}" alt="" /></figure></header>
<section class="gh-content gh-canvas"><p>{pen.prose(3, 4)}</p>
{photo("", True)}
<p>{pen.prose()}</p><h2 id="part">{pen.heading()}</h2><p>{pen.prose()}</p>
<ul><li>{pen.plain()}</li><li>{pen.plain()}</li></ul>
<div class="kg-card kg-callout-card kg-callout-card-blue"><div class="kg-callout-emoji">💡</div>
<div class="kg-callout-text">{pen.plain()}</div></div>
{photo("", False)}<p>{pen.prose()}</p>
<div class="kg-card kg-signup-card kg-width-wide"><div class="kg-signup-card-text"><h2
 class="kg-signup-card-heading">Sign up for Paper Boats</h2><p
 class="kg-signup-card-subheading">{pen.junk("newsletter")}</p></div></div></section></article></main>
<section class="footer-cta outer"><div class="inner"><h2 class="footer-cta-title">Get the latest
 posts delivered right to your inbox.</h2><a class="footer-cta-button"
 href="#/portal"><div class="footer-cta-input">Enter your email</div></a></div></section>
<aside class="read-more-wrap outer"><div class="read-more
 inner">{card()}{card()}{card()}</div></aside>
</div><footer class="site-footer outer"><div class="inner"><section class="copyright"><a
 href="/">Paper Boats</a> &copy; 2024</section><nav class="site-footer-nav"><ul class="nav">
{pen.links(3)}</ul></nav><div><a href="https://ghost.org/">Powered by Ghost</a></div></div></footer>
</div></body></html>"""


def tumblr(pen: Pen) -> str:
    host = "https://64.media.tumblr.com"
    title = pen.title()

    def photo() -> str:
        key = f"{host}/{pen.random.randrange(1 << 60):x}/tumblr_{pen.slug()[:8]}"
        src = pen.pictured(
            f"{key}/s640x960/a.jpg", f"{key}/s540x810/a.jpg", f"{key}/s1280x1920/a.jpg"
        )
        return f"""<figure class="tmblr-full" data-orig-height="1200" data-orig-width="800"><img
 src="{src}" data-orig-height="1200" data-orig-width="800" srcset="{key}/s540x810/a.jpg 540w,
 {key}/s640x960/a.jpg 640w, {key}/s1280x1920/a.jpg 1280w" sizes="(max-width: 800px) 100vw, 800px"
 alt="image"/></figure>"""

    notes = "".join(
        f"""<li class="note reblog tumblelog_x without_commentary"><a rel="nofollow"
 class="avatar_frame"
 href="#"><img src="{pen.decoration(f"{host}/avatar_{n}_16.pnj")}" class="avatar" alt=""/></a><span
 class="action"><a rel="nofollow" href="#" class="tumblelog">user{n}</a> reblogged this from <a
 class="source_tumblelog" href="#">user{n + 1}</a></span><div class="clear"></div></li>"""
        for n in range(5)
    )
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head>
<body class="permalink-page"><div id="fb-root"></div><section id="page"><header id="header"><h1
 class="blog-title"><a href="/">tidewater notes</a></h1><div class="description">she/her, mostly
 boats</div><nav id="navigation"><ul>{pen.links(3)}</ul></nav></header>
<section id="posts" class="content clearfix"><div class="container"><div class="main"><article
 class="text not-page post-{pen.number}"><div class="post-wrapper clearfix"><section class="post">
<h2 class="title"><a href="#">{title}</a></h2><p>{pen.prose(3, 4)}</p>{photo()}<p>{pen.prose()}</p>
<blockquote><p>{pen.plain()}</p></blockquote>{photo()}<p>{pen.prose()}</p><p>{pen.prose()}</p>
</section><section class="panel"><footer class="post-panel"><section class="notes"><div
 class="tags"><a href="/tagged/sea">#sea</a> <a href="/tagged/boats">#boats</a></div><a
 class="post-date" href="#">{pen.says.date()}</a> <a class="post-notes" href="#notes">1,204
 notes</a></section></footer></section></div></article><div id="notes" class="post-notes"><ol
 class="notes">{notes}<li class="note more_notes_link_container">Show more notes</li></ol></div>
</div></div></section><div class="related-posts-wrapper"><h3>You might also like</h3><div
 class="related-posts"><article><a href="/p"><p>{pen.other_prose()}</p></a></article></div></div>
<footer id="footer"><p>Theme by somebody. {pen.junk("rights")}</p></footer></section>
<iframe src="//assets.tumblr.com/analytics.html" scrolling="no" width="1" height="1"></iframe>
</body></html>"""


def hugo_theme(pen: Pen) -> str:
    pen.note = lambda n: (
        f'<sup id="fnref:{n}"><a href="#fn:{n}" class="footnote-ref" role="doc-noteref">{n}</a>'
        "</sup>"
    )
    title = pen.title()

    def photo() -> str:
        slug = pen.slug()
        widths = [f"/posts/{slug}_hu{pen.number}_0_{w}x0_resize_q75.webp" for w in (360, 720, 1080)]
        src = pen.pictured(f"/posts/{slug}.jpg", *widths)
        return f"""<figure class="align-center"><img loading="lazy" srcset="{widths[0]} 360w,
 {widths[1]} 720w, {widths[2]} 1080w" sizes="(min-width: 768px) 720px, 100vw" src="{src}" alt=""
 width="1600" height="1200"><figcaption><p>{pen.caption()}</p></figcaption></figure>"""

    body = f"""<p>{pen.prose(3, 4)}</p>{photo()}<h2 id="a">{pen.heading()}<a hidden class="anchor"
 aria-hidden="true" href="#a">#</a></h2><p>{pen.prose()}</p><ol><li>{pen.plain()}</li><li>
{pen.plain()}</li></ol>{photo()}<p>{pen.prose()}</p><p>{pen.prose()}</p>"""
    notes = "".join(
        f"""<li id="fn:{n}"><p>{pen.besides(pen.says.sentence())}&#160;<a href="#fnref:{n}"
 class="footnote-backref" role="doc-backlink">&#x21a9;&#xfe0e;</a></p></li>"""
        for n in range(1, pen.notes + 1)
    )
    return f"""<!DOCTYPE html><html lang="en" dir="auto"><head><meta charset="utf-8"><title>{title}
</title><meta name="generator" content="Hugo 0.109.0"></head><body class="" id="top">
<header class="header"><nav class="nav"><div class="logo"><a href="/">low tide</a><div
 class="logo-switches"><button id="theme-toggle" title="(Alt + T)"><svg width="24" height="24"><path
 d="M21 12"></path></svg></button></div></div><ul id="menu">{pen.links(4)}</ul></nav></header>
<main class="main"><article class="post-single"><header class="post-header"><div
 class="breadcrumbs"><a href="/">Home</a>&nbsp;»&nbsp;<a href="/posts/">Posts</a></div><h1
 class="post-title entry-hint-parent">{title}</h1><div class="post-meta"><span title="2021-03-02">
March 2, 2021</span>&nbsp;·&nbsp;4 min&nbsp;·&nbsp;{pen.says.name()}&nbsp;|&nbsp;<a
 href="https://git.example/edit" rel="noopener noreferrer" target="_blank">Suggest Changes</a></div>
</header><div class="toc"><details><summary accesskey="c"><span class="details">Table of
 Contents</span></summary><div class="inner"><ul><li><a href="#a">The first part</a></li></ul></div>
</details></div><div class="post-content">{body}<div class="footnotes" role="doc-endnotes"><hr><ol>
{notes}</ol></div></div><footer class="post-footer"><ul class="post-tags"><li><a
 href="/tags/tide/">tide</a></li><li><a href="/tags/wood/">wood</a></li></ul><nav
 class="paginav"><a class="prev" href="/p1"><span class="title">« Prev</span><br><span>
{pen.other_title()}</span></a></nav><ul class="share-buttons"><li><a target="_blank" href="#"
 aria-label="share on x">{pen.junk("share")}</a></li></ul></footer></article></main>
<footer class="footer"><span>&copy; 2024 <a href="/">low tide</a></span> <span>Powered by <a
 href="https://gohugo.io/">Hugo</a> &amp; <a href="#">PaperMod</a></span></footer><a href="#top"
 aria-label="go to top" class="top-link" id="top-link"><svg viewBox="0 0 12 6"><path d="M12 6"/>
</svg></a></body></html>"""


TEMPLATES = (wordpress_classic, blogger, ghost, tumblr, hugo_theme)
