"""Older and plainer markup: font tags, strict XHTML, Joomla, forums, pages for mobile phones."""

from __future__ import annotations

from tests.web.templates.pen import Pen

BLANK = (
    "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%203%202'%3E"
)


def font_tag_tables(pen: Pen) -> str:
    pen.marks = [lambda text: f"<I>{text}</I>", lambda text: f'<A HREF="x.htm">{text}</A>']
    title = pen.title()

    def photo() -> str:
        src = pen.pictured(f"images/{pen.slug()}.jpg")
        return f"""<TABLE BORDER=0 ALIGN=LEFT CELLPADDING=4><TR><TD ALIGN=CENTER><IMG SRC="{src}"
 WIDTH=260 HEIGHT=190 BORDER=1 ALT=""><BR><FONT FACE="Arial" SIZE=1><I>{pen.caption()}</I></FONT>
</TD></TR></TABLE>"""

    def font(markup: str) -> str:
        return f'<FONT FACE="Verdana, Arial, Helvetica" SIZE="2" COLOR="#000033">{markup}</FONT>'

    bullet = pen.decoration("images/bullet.gif")
    menu = pen.links(
        6,
        f'<IMG SRC="{bullet}" WIDTH=9 HEIGHT=9> <A HREF="{{low}}.htm"><FONT FACE=Arial SIZE=1>'
        "{name}</FONT></A><BR>",
    )
    return f"""<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2//EN">
<HTML><HEAD><TITLE>{title}</TITLE><META NAME="GENERATOR" CONTENT="Microsoft FrontPage 4.0"></HEAD>
<BODY BGCOLOR="#FFFFF0" TEXT="#000000" LINK="#0000FF" BACKGROUND="images/paper.gif"><CENTER>
<TABLE WIDTH=760 BORDER=0 CELLSPACING=0 CELLPADDING=6><TR><TD COLSPAN=2 BGCOLOR="#003366"
 ALIGN=CENTER><IMG SRC="{pen.decoration("images/banner.gif")}" WIDTH=468 HEIGHT=60
 ALT="Banner"></TD>
</TR><TR><TD WIDTH=130 VALIGN=TOP BGCOLOR="#CCCCFF" NOWRAP>{menu}<BR><FONT SIZE=1>You are visitor
 number <IMG SRC="{pen.decoration("/cgi-bin/counter.cgi?page=1")}" WIDTH=80 HEIGHT=15></FONT></TD>
<TD VALIGN=TOP><H2><FONT FACE="Arial" COLOR="#990000">{title}</FONT></H2><P>{photo()}
{font(pen.prose(3, 4))}<P>{font(pen.prose())}<P>{font(pen.prose())}<BR CLEAR=ALL><HR SIZE=1>
<CENTER><FONT SIZE=4><B>{pen.heading()}</B></FONT></CENTER><P>{font(pen.prose())}<BR><BR>
{font(pen.prose())}<UL><LI>{font(pen.plain())}<LI>{font(pen.plain())}</UL>{photo()}<P>
{font(pen.prose())}</TD></TR><TR><TD COLSPAN=2 ALIGN=CENTER><HR><FONT SIZE=1><A
 HREF="index.htm">Home</A> | <A HREF="links.htm">Links</A> | <A
 HREF="guest.htm">Guestbook</A><BR>This
 page was last updated on {pen.says.date()}.<BR>Best viewed with Netscape Navigator at 800 x
 600.</FONT></TD></TR></TABLE></CENTER></BODY></HTML>"""


def xhtml_strict(pen: Pen) -> str:
    pen.marks = [
        lambda text: f'<a href="topic.html" title="Topic">{text}</a>',
        lambda text: f"<em>{text}</em>",
        lambda text: f'<span lang="en-GB">{text}</span>',
    ]
    title = pen.title()

    def photo() -> str:
        src = pen.pictured(f"pictures/{pen.slug()}.png")
        return f"""<div class="figure"><p><img src="{src}" width="400" height="300" alt="" /></p><p
 class="legend">{pen.caption()}</p></div>"""

    valid = pen.decoration("http://www.w3.org/Icons/valid-xhtml10")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"
 "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en"><head><title>{title}</title><meta
 http-equiv="Content-Type" content="application/xhtml+xml; charset=UTF-8" /><script
 type="text/javascript" src="menu.js"/><link rel="stylesheet" type="text/css" href="main.css"
 /></head>
<body id="inner"><div id="container"><div id="header"><h1><a href="/">The Lock Keepers'
 Society</a></h1>
<p id="tagline">Canals and their people since 1952</p></div><div
 id="nav"><ul>{pen.links(5)}</ul></div>
<div id="content"><h2>{title}</h2><a id="start"/><p class="intro">{pen.prose(3, 4)}</p>{photo()}<p>
{pen.prose()}</p><h3>{pen.heading()}</h3><p>
{pen.prose()}</p><dl><dt>{pen.besides("Lower gate")}</dt>
<dd>{pen.plain()}</dd><dt>{pen.besides("Upper gate")}</dt><dd>{pen.plain()}</dd></dl><div
 class="clear"/>
<blockquote cite="http://example.org/"><p>{pen.plain()}</p></blockquote>{photo()}<p>{pen.prose()}</p>
</div><div id="extra"><h4>News</h4><ul><li><a href="n1.html">{pen.other_title()}</a></li><li><a
 href="n2.html">{pen.other_title()}</a></li></ul></div><div
 id="footer"><p>{pen.junk("rights")}</p><p><a
 href="http://validator.w3.org/check?uri=referer"><img src="{valid}" alt="Valid XHTML 1.0 Strict"
 height="31" width="88" /></a></p></div></div></body></html>"""


def joomla(pen: Pen) -> str:
    title = pen.title()

    def photo() -> str:
        src = pen.pictured(f"/images/stories/{pen.slug()}.jpg")
        return f"""<div class="img_caption right" style="float: right; width: 320px;"><img
 src="{src}" class="caption" width="320" height="240" title="" alt="" /><p
 class="img_caption">{pen.caption()}</p></div>"""

    print_icon = pen.decoration("/media/system/images/printButton.png")
    mail_icon = pen.decoration("/media/system/images/emailButton.png")
    return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
 "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd"><html
 xmlns="http://www.w3.org/1999/xhtml"
 xml:lang="en-gb" lang="en-gb" dir="ltr"><head><title>{title}</title><meta name="generator"
 content="Joomla! 2.5 - Open Source Content Management" /></head><body id="shadow"><div
 id="all"><div
 id="back"><div id="header"><div class="logoheader"><h1 id="logo">Tarn Hill Rowing
 Club</h1></div><ul
 class="skiplinks"><li><a href="#main" class="u2">Skip to content</a></li></ul><h2
 class="unseen">Nav view search</h2><h3 class="unseen">Navigation</h3><ul
 class="menu">{pen.links(5)}</ul>
</div><div id="contentarea2"><div id="breadcrumbs"><div class="breadcrumbs"><span
 class="showHere">You are here: </span><a href="/" class="pathway">Home</a>
 <span>{title}</span></div>
</div><div class="left1 leftbigger" id="nav"><div class="moduletable_menu"><h3><span
 class="backh"><span class="backh2"><span class="backh3">Main Menu</span></span></span></h3><ul
 class="menu">{pen.links(6)}</ul></div><div class="moduletable"><h3>Login Form</h3><form action="/"
 method="post" id="login-form"><label>User Name</label><input type="text" name="username" /><input
 type="submit" value="Log in" /><ul><li><a href="/f">Forgot your
 password?</a></li></ul></form></div></div>
<div id="wrapper2"><div id="main"><div class="item-page"><h2><a href="#">{title}</a></h2><ul
 class="actions"><li class="print-icon"><a href="#" title="Print" rel="nofollow"><img
 src="{print_icon}" alt="Print" /></a></li><li class="email-icon"><a href="#"><img src="{mail_icon}"
 alt="Email" /></a></li></ul><dl class="article-info"><dt class="article-info-term">Details</dt><dd
 class="category-name">Category: <a href="/c">Club news</a></dd><dd class="published">Published on
 {pen.says.date()}</dd><dd class="createdby">Written by {pen.says.name()}</dd><dd class="hits">Hits:
 3412</dd></dl><p>{photo()}{pen.prose(3, 4)}</p><p>{pen.prose()}</p><h3>{pen.heading()}</h3><p>
{pen.prose()}</p><table class="tableform"
 border="0"><tbody><tr><td><p>{pen.prose(1, 2)}</p></td><td><p>
{pen.prose(1, 2)}</p></td></tr></tbody></table>{photo()}<p>{pen.prose()}</p><ul class="pagenav"><li
 class="pagenav-prev"><a href="/p" rel="prev">&lt; Prev</a></li><li class="pagenav-next"><a
 href="/n"
 rel="next">Next &gt;</a></li></ul></div></div></div><div id="right"><div
 class="moduletable"><h3>Latest
 News</h3><ul class="latestnews"><li><a href="/l1">{pen.other_title()}</a></li><li><a href="/l2">
{pen.other_title()}</a></li></ul></div></div></div></div></div><div id="footer-outer"><div
 id="footer-sub"><div id="footer"><p>{pen.junk("rights")}</p><p>Powered by <a
 href="http://www.joomla.org/">Joomla!&#174;</a></p></div></div></div></body></html>"""


def phpbb(pen: Pen) -> str:
    pen.marks = [
        lambda text: f'<a href="http://example.org" class="postlink">{text}</a>',
        lambda text: f'<span style="font-weight: bold">{text}</span>',
        lambda text: f'<em class="text-italics">{text}</em>',
    ]
    title = pen.title()

    def attached() -> str:
        src = pen.pictured(f"./download/file.php?id={pen.random.randrange(9999)}&mode=view")
        return f"""<div class="inline-attachment"><dl class="file"><dt class="attach-image"><img
 src="{src.replace("&", "&amp;")}" class="postimage" alt="" onclick="viewableArea(this);"
 /></dt><dd>
<em>{pen.caption()}</em></dd><dd>IMG_{pen.random.randrange(9999)}.jpg (84.2 KiB) Viewed 1204
 times</dd>
</dl></div>"""

    def post(number: int, body: str) -> str:
        face = pen.decoration(f"./download/file.php?avatar={number}_1500.jpg")
        smile = pen.decoration("./images/smilies/icon_e_smile.gif")
        cite = f"<cite>{pen.says.name()} wrote:</cite>"
        quote = f"<blockquote><div>{cite}{pen.plain()}</div></blockquote>" if number == 3 else ""
        return f"""<div id="p{number}" class="post has-profile bg{number % 2 + 1}"><div
 class="inner"><dl class="postprofile" id="profile{number}"><dt class="has-profile-rank
 has-avatar"><div class="avatar-container"><a href="#" class="avatar"><img class="avatar"
 src="{face}"
 width="100" height="100" alt="User avatar" /></a></div><a href="#"
 class="username">captain{number}</a>
</dt><dd class="profile-rank">Regular</dd><dd class="profile-posts"><strong>Posts:</strong> <a
 href="#">412</a></dd><dd class="profile-joined"><strong>Joined:</strong> Tue Mar 03,
 2009</dd></dl><div
 class="postbody"><div id="post_content{number}"><h3{' class="first"' if number == 1 else ""}><a
 href="#p{number}">{"" if number == 1 else "Re: "}{title}</a></h3><ul class="post-buttons"><li><a
 href="#" title="Reply with quote" class="button button-icon-only"><span
 class="sr-only">Quote</span></a>
</li></ul><p class="author"><a class="unread" href="#"><span class="sr-only">Post</span></a><span
 class="responsive-hide">by <strong><a href="#" class="username">captain{number}</a></strong> »
</span>Sat Mar 06, 2021 7:12 pm</p><div class="content">{quote}{body} <img
 class="smilies" src="{smile}" width="15" height="17" alt=":)" title="Smile"></div><div
 id="sig{number}" class="signature">Fair winds and following seas!</div></div></div><div
 class="back2top"><a href="#top" class="top" title="Top"><span
 class="sr-only">Top</span></a></div></div>
</div><hr class="divider" />"""

    posts = (
        post(1, f"{pen.prose(3, 4)}<br><br>{pen.prose()}<br>{attached()}<br>{pen.prose()}"),
        post(2, f"{pen.prose(2, 3)}"),
        post(3, f"{pen.prose(2, 3)}<br><br>{attached()}{pen.prose(1, 2)}"),
        post(4, f"{pen.prose(2, 4)}"),
    )
    return f"""<!DOCTYPE html><html dir="ltr" lang="en-gb"><head><meta charset="utf-8"
 /><title>{title} -
 Model Ships Forum</title></head><body id="phpbb" class="nojs notouch section-viewtopic ltr "><div
 id="wrap" class="wrap"><a id="top" class="top-anchor" accesskey="t"></a><div id="page-header"><div
 class="headerbar" role="banner"><div class="inner"><div id="site-description"
 class="site-description"><h1>Model Ships Forum</h1><p>A place for small boats</p><p
 class="skiplink"><a href="#start_here">Skip to content</a></p></div></div></div><div
 class="navbar" role="navigation"><div class="inner"><ul id="nav-main" class="nav-main linklist">
{pen.links(5)}</ul><ul id="nav-breadcrumbs" class="nav-breadcrumbs linklist navlinks"><li
 class="breadcrumbs"><a href="/">Board index</a> <a
 href="/f">Workshop</a></li></ul></div></div></div><a
 id="start_here" class="anchor"></a><div id="page-body" class="page-body" role="main"><h2
 class="topic-title"><a href="#">{title}</a></h2><div class="action-bar bar-top"><a href="#"
 class="button" title="Post a reply"><span>Post Reply</span></a><div class="pagination">4 posts •
 Page
 <strong>1</strong> of <strong>1</strong></div></div>{"".join(posts)}<div class="action-bar
 actions-jump"><p class="jumpbox-return"><a href="#" class="left-box arrow-left"><span>Return to
 “Workshop”</span></a></p><div class="jumpbox dropdown-container"><span
 class="button button-secondary">Jump to</span><div class="dropdown"><ul class="dropdown-contents">
{pen.links(5)}</ul></div></div></div><div class="stat-block online-list"><h3><a href="#">Who is
 online</a></h3><p>Users browsing this forum: No registered users and 1 guest</p></div></div><div
 id="page-footer" class="page-footer" role="contentinfo"><div class="navbar"><ul><li>All times are
 <span
 title="UTC">UTC</span></li></ul></div><div class="copyright"><p class="footer-row"><span
 class="footer-copyright">Powered by <a href="https://www.phpbb.com/">phpBB</a>&reg; Forum
 Software</span></p></div></div></div></body></html>"""


def discourse(pen: Pen) -> str:
    pen.marks = [
        lambda text: f'<a href="https://example.org" rel="noopener nofollow ugc">{text}</a>',
        lambda text: f"<em>{text}</em>",
        lambda text: f"<code>{text}</code>",
    ]
    title, base = pen.title(), "https://discourse.example/uploads/default"

    def lightbox() -> str:
        key = f"{pen.random.randrange(1 << 80):x}"
        full, large = f"{base}/original/2X/{key}.jpeg", f"{base}/optimized/2X/{key}_2_690x460.jpeg"
        twice = large.replace("690x460", "1380x920")
        pen.pictured(large, full, twice)
        return f"""<div class="lightbox-wrapper"><a class="lightbox" href="{full}" title="deck"><img
 src="{large}" alt="deck" width="690" height="460" srcset="{large}, {twice} 2x"><div
 class="meta"><svg
 class="fa d-icon d-icon-far-image svg-icon" aria-hidden="true"><use
 href="#far-image"></use></svg><span
 class="filename">deck</span><span class="informations">1920×1280 312 KB</span><svg
 class="fa d-icon"></svg></div></a></div>"""

    def post(number: int, body: str) -> str:
        face = pen.decoration(f"/user_avatar/discourse.example/u{number}/45/{number}_2.png")
        emoji = pen.decoration("https://emoji.example/images/emoji/twitter/smile.png?v=12")
        return f"""<div id='post_{number}' itemscope itemtype='http://schema.org/Comment'
 class='topic-body crawler-post'><div class='crawler-post-meta'><img src="{face}" width="45"
 height="45"
 class="avatar" alt=""><span class="creator" itemprop="author"><a itemprop="url"
 href='/u/u{number}'>
<span itemprop='name'>u{number}</span></a></span><span class="crawler-post-infos"><time
 class='post-time'>{pen.says.date()}</time><span
 itemprop='position'>{number}</span></span></div><div
 class='post' itemprop='text'>{body}<p>{pen.prose(1, 1)} <img src="{emoji}" title=":smile:"
 class="emoji" alt=":smile:" loading="lazy" width="20" height="20"></p></div><div
 itemprop="interactionStatistic"
 class='post-likes'>{number + 1} Likes</div></div>"""

    quoted = f"""<aside class="quote no-group" data-username="u1" data-post="1"><div
 class="title"><div
 class="quote-controls"></div><img loading="lazy" alt="" width="24" height="24"
 src="{pen.decoration("/user_avatar/discourse.example/u1/48/1_2.png")}" class="avatar"> u1:</div>
<blockquote><p>{pen.plain()}</p></blockquote></aside>"""
    posts = (
        post(1, f"<p>{pen.prose(3, 4)}</p>{lightbox()}<p>{pen.prose()}</p>"),
        post(2, f"{quoted}<p>{pen.prose(2, 3)}</p>"),
        post(3, f"<p>{pen.prose(2, 3)}</p>{lightbox()}"),
        post(4, f"<ul><li>{pen.plain()}</li><li>{pen.plain()}</li></ul>"),
    )
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} - Workshop
 -
 Boats</title><meta name="generator" content="Discourse 3.2.0"></head><body class="crawler
 "><header><a
 href="/"><img src="{pen.decoration(base + "/original/1X/logo.png")}" alt="Boats" id="site-logo"
 style="max-width: 150px;"></a></header><div id="main-outlet" class="wrap" role="main"><div
 id="topic-title"><h1><a href="/t/x/{pen.number}">{title}</a></h1><div
 class="topic-category"><span><a
 href="/c/workshop"><span class='category-name'>Workshop</span></a></span></div><div
 class="topic-category"><div class='discourse-tags list-tags'><a href='/tag/wood'
 class='discourse-tag' rel="tag">wood</a></div></div></div><div itemscope
 itemtype='http://schema.org/DiscussionForumPosting'>{"".join(posts)}</div><div
 id="related-topics" class="more-topics__list" role="complementary"><h3
 class="more-topics__list-title">Related topics</h3><div class="topic-list-container"><table
 class='topic-list'><thead><tr><th>Topic</th><th>Replies</th><th>Views</th></tr></thead><tbody><tr
 class="topic-list-item"><td class="main-link"><a href='/t/2' class='title raw-link'>
{pen.other_title()}</a></td><td class="replies">5</td><td class="views">512</td></tr><tr><td><a
 href='/t/3'>{pen.other_title()}</a></td><td>11</td><td>2310</td></tr></tbody></table></div></div></div>
<footer class="container wrap"><nav class='crawler-nav'><ul>{pen.links(4)}</ul></nav><p
 class='powered-by-link'>Powered by <a href="https://www.discourse.org">Discourse</a>, best viewed
 with
 JavaScript enabled</p></footer></body></html>"""


def mobile_lazy(pen: Pen) -> str:
    title, host = pen.title(), "//m.mobile-lazy.example/pics"
    names = ("data-lazyload", "data-original-src", "data-echo", "data-url-img", "data-large-file")
    name = names[pen.number]

    def photo() -> str:
        src = pen.pictured(f"{host}/{pen.slug()}.jpg!w750")
        return f"""<div class="pic-box"><img class="lazy-img" src="{BLANK}" {name}="{src}"
 data-thumb="{host}/t/{pen.slug()}_80.jpg" alt="" onerror="imgError(this)"><div class="pic-desc">
{pen.caption()}</div></div>"""

    def card() -> str:
        src = pen.decoration(f"{host}/{pen.slug()}.jpg!w120")
        return f"""<a class="feed-item" href="/a/1"><div
 class="feed-txt"><h3>{pen.other_title()}</h3><span
 class="feed-src">North Daily</span></div><div class="feed-pic"><img class="lazy-img" src="{BLANK}"
 {name}="{src}" width="60" height="45"></div></a>"""

    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8"><meta name="viewport"
 content="width=device-width,initial-scale=1"><title>{title}</title><script>document.addEventListener
("DOMContentLoaded",function(){{document.body.style.visibility="visible"}})</script></head><body
 style="visibility:hidden"><div class="m-top"><a class="back" href="javascript:;"></a><span
 class="m-logo">North Daily</span><a class="dl-app" href="/app">Open in app</a></div><section
 class="m-article" id="artRoot"><div class="art-head"><div class="art-tit">{title}</div><div
 class="art-info"><span class="src">North Daily</span> <span class="tm">03-02
 11:20</span></div></div>
<section class="art-txt"
 id="artTxt"><section><span>{pen.prose(3, 4)}</span></section>{photo()}<section>
<span style="font-size: 16px;">{pen.prose()}</span></section><section><br></section><section>
{pen.prose()}</section>{photo()}<section>{pen.prose()}</section>{photo()}<section>{pen.prose()}</section>
</section><div class="art-more"><a class="unfold-btn" href="javascript:;">Read the full
 text</a></div>
<div class="art-tags"><a href="/k/1">boats</a><a href="/k/2">wood</a></div></section><section
 class="m-share"><p>{pen.junk("share")}</p></section><section class="m-recom"><h2>Recommended for
 you</h2>{card()}{card()}{card()}</section><section class="m-cmt" id="cmt"><h2>Hot comments</h2><div
 class="cmt-item"><span class="cmt-usr">user82</span><p
 class="cmt-txt">{pen.junk("comment")}</p></div>
</section><div class="m-foot"><p>{pen.junk("rights")}</p></div><div class="app-mask"
 style="display:none"><p>Open the app to read more stories.</p></div></body></html>"""


TEMPLATES = (font_tag_tables, xhtml_strict, joomla, phpbb, discourse, mobile_lazy)
