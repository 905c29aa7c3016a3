"""Relics: frames and unclosed tags, vBulletin's tables, a home page built by a word processor."""

from __future__ import annotations

from tests.web.templates.pen import Pen


def tag_soup(pen: Pen) -> str:
    pen.marks = [lambda text: f"<I>{text}</I>", lambda text: f"<A href=x.html>{text}</A>"]
    title = pen.title()

    def photo() -> str:
        src = pen.pictured(f"pics/{pen.slug()}.JPG")
        image = f"<img src={src} width=400 height=300 border=0>"
        return f"<p align=center>{image}<br><small>{pen.caption()}</small>"

    body = f"""<a name=top></a><center><h2>{title}</h2></center>
<p>{pen.prose(3, 4)}
<p>{pen.prose()}
{photo()}
<p><b>{pen.heading()}</b><br>
{pen.prose()}<p>
<ul><li>{pen.plain()}<li>{pen.plain()}</ul>
<p>{pen.prose()}</b>
{photo()}
<p>{pen.prose()}
<hr><p align=center><font size=-2>[ <a href=index.html>Home</a> | <a href=tour.html>Tour</a> | <a
 href=guest.html>Guestbook</a> ]<br>&copy; 1999 {pen.says.name()}. Last changed
 {pen.says.date()}.</font>"""
    if pen.number % 2:
        return f"""<html><head><title>{title}</title></head><frameset cols="160,*" border=0><frame
 src="menu.html" name=menu><frame src="main.html" name=main><noframes><body
 bgcolor=white>{body}</body>
</noframes></frameset></html>"""
    return f"""<html><title>{title}</title><body bgcolor=white background="bg.gif"><table
 width=100%><tr>
<td width=150 valign=top><a href=index.html>Home</a><br><a href=tour.html>Tour</a><br><a
 href=links.html>Links</a><br><a href=guest.html>Guestbook</a><td valign=top>{body}</table>"""


def vbulletin(pen: Pen) -> str:
    title = pen.title()

    def attachment() -> str:
        number = pen.random.randrange(9999)
        src = f"attachment.php?attachmentid={number}&thumb=1&d=1204"
        pen.pictured(src, f"attachment.php?attachmentid={number}&d=1204")
        return f"""<br /><div style="padding:6px"><fieldset class="fieldset"><legend>Attached
 Images</legend><table cellpadding="0" cellspacing="3" border="0"><tr><td><a
 href="attachment.php?attachmentid={number}&amp;d=1204" rel="Lightbox" target="_blank"><img
 class="thumbnail" src="{src.replace("&", "&amp;")}" border="0" alt="" width="300" height="225"
 /></a></td>
</tr></table></fieldset></div>"""

    def linked() -> str:
        src = pen.pictured(f"http://img41.imagehost.example/img41/{pen.slug()}.jpg")
        return f'<img src="{src}" border="0" alt="" />'

    def post(number: int, body: str) -> str:
        status = pen.decoration("images/statusicon/user_offline.gif")
        face = pen.decoration(f"customavatars/avatar{number}_2.gif")
        icon = pen.decoration("images/icons/icon1.gif")
        reply = pen.decoration("images/buttons/quote.gif")
        return f"""<div align="center"><div class="page" style="width:100%; text-align:left"><table
 class="tborder" id="post{number}" cellpadding="6" cellspacing="1" border="0" width="100%"
 align="center"><tr><td class="thead"><div class="normal" style="float:right">#<a href="#"
 rel="nofollow"><strong>{number}</strong></a></div><div class="normal">03-06-2008, 07:12
 PM</div></td></tr>
<tr><td class="alt2" style="padding:0px"><table cellpadding="0" cellspacing="6" border="0"
 width="100%"><tr><td class="alt2"><a href="#"><img src="{face}" width="80" height="80" alt=""
 border="0" /></a></td><td nowrap="nowrap"><div id="postmenu_{number}"><a class="bigusername"
 href="#">captain{number}</a> <img class="inlineimg" src="{status}" alt="captain{number} is offline"
 border="0" /></div><div class="smallfont">Senior Member</div></td><td width="100%">&nbsp;</td><td
 valign="top" nowrap="nowrap"><div class="smallfont"><div>Join Date: Mar 2004</div><div>Location:
 Halden</div><div>Posts: 1,204</div></div></td></tr></table></td></tr><tr><td class="alt1"
 id="td_post_{number}"><div class="smallfont"><img class="inlineimg" src="{icon}" alt="Default"
 border="0" /> <strong>{title}</strong></div><hr size="1" style="color:#D1D1E1" /><div
 id="post_message_{number}">{body}</div><div>__________________<br />Smooth seas never made a
 skilled
 sailor</div><div align="right"><a href="#" rel="nofollow"><img src="{reply}" alt="Reply With Quote"
 border="0" /></a></div></td></tr></table></div></div>"""

    quote = f"""<div style="margin:20px; margin-top:5px;"><div class="smallfont"
 style="margin-bottom:2px">Quote:</div><table cellpadding="6" cellspacing="0" border="0"
 width="100%"><tr><td class="alt2" style="border:1px inset"><div>Originally Posted by
 <strong>captain1
</strong></div><div style="font-style:italic">{pen.plain()}</div></td></tr></table></div>"""
    posts = (
        post(1, f"{pen.prose(3, 4)}<br /><br />{pen.prose()}{attachment()}"),
        post(2, f"{quote}{pen.prose(2, 3)}"),
        post(3, f"{pen.prose(2, 3)}<br /><br />{linked()}<br /><br />{pen.prose(1, 2)}"),
    )
    return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
 "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd"><html dir="ltr" lang="en"><head><meta
 http-equiv="Content-Type" content="text/html; charset=ISO-8859-1" /><meta name="generator"
 content="vBulletin 3.8.4" /><title>{title} - Boatyard Forums</title></head><body><a
 name="top"></a><table
 border="0" width="100%" cellpadding="0" cellspacing="0" align="center"><tr><td align="left"><a
 href="index.php"><img src="{pen.decoration("images/misc/vbulletin3_logo_white.gif")}" border="0"
 alt="Boatyard Forums" /></a></td></tr></table><table class="tborder" cellpadding="6"
 cellspacing="1"
 border="0" width="100%"><tr><td class="alt1" width="100%"><span class="navbar"><a
 href="index.php">Boatyard
 Forums</a></span> <span class="navbar">&gt; <a href="f2">Workshop</a></span></td><td class="alt2"
 nowrap="nowrap"><form action="login.php" method="post"><table><tr><td class="smallfont">User
 Name</td><td>
<input type="text" name="vb_login_username" /></td><td class="smallfont"><label><input
 type="checkbox" />
Remember Me?</label></td></tr></table></form></td></tr></table><div class="tborder"><table
 width="100%"><tr
 align="center" class="vbmenu_dark">
{pen.links(4, '<td class="vbmenu_control"><a href="{low}.php">{name}</a></td>')}</tr></table></div>
<table class="tborder" width="100%"><tr><td class="tcat" width="100%"><div
 class="smallfont">&nbsp;</div></td><td
 class="vbmenu_control" nowrap="nowrap"><a href="#">Thread Tools</a></td><td
 class="vbmenu_control"><a
 href="#">Display Modes</a></td></tr></table><div id="posts">{"".join(posts)}</div><table
 cellpadding="0" cellspacing="0" border="0" width="100%"><tr><td class="smallfont">&laquo; <a
 href="#">Previous Thread</a> | <a href="#">Next Thread</a> &raquo;</td></tr></table><table
 class="tborder" width="210"><tr><td class="thead">Posting Rules</td></tr><tr><td
 class="alt1"><div>You
 <strong>may not</strong> post new threads</div><div>You <strong>may not</strong> post
 replies</div></td>
</tr></table><div class="smallfont" align="center">All times are GMT. The time now is <span
 class="time">10:32 AM</span>.</div><form action="index.php"><table><tr><td class="tfoot"
 align="right"><a
 href="sendmessage.php">Contact Us</a> - <a href="archive">Archive</a> - <a
 href="#top">Top</a></td></tr>
</table></form><div class="smallfont" align="center">Powered by vBulletin&reg; Version 3.8.4<br />
{pen.junk("rights")}</div></body></html>"""


def word_processor(pen: Pen) -> str:
    pen.marks = [
        lambda text: f"<b style='mso-bidi-font-weight:normal'>{text}</b>",
        lambda text: f"<span style='color:#C00000'>{text}<o:p></o:p></span>",
        lambda text: f"<span class=SpellE>{text}</span>",
    ]
    pen.note = lambda n: (
        f'<a style="mso-footnote-id:ftn{n}" href="#_ftn{n}" name="_ftnref{n}" title=""><span'
        f" class=MsoFootnoteReference><span style='mso-special-character:footnote'><span"
        f" class=MsoFootnoteReference>[{n}]</span></span></span></a>"
    )
    title = pen.title()

    def text(markup: str) -> str:
        return f"""<p class=MsoNormal style='text-align:justify'><span lang=EN-GB
 style='font-size:11.0pt;font-family:"Arial","sans-serif"'>{markup}<o:p></o:p></span></p>"""

    def photo() -> str:
        src = pen.pictured(f"report_files/{pen.slug()}.jpg")
        return f"""<p class=MsoNormal align=center><span lang=EN-GB><!--[if gte vml 1]><v:shape
 id="_x0000_i1025" type="#_x0000_t75"><v:imagedata
 src="report_files/image000.png"/></v:shape><![endif]-->
<![if !vml]><img width=452 height=339 src="{src}" v:shapes="_x0000_i1025"><![endif]></span></p><p
 class=MsoCaption align=center>{pen.caption()}</p>"""

    body = f"""<p class=MsoTitle>{title}<o:p></o:p></p>{text(pen.prose(3, 4))}{photo()}
{text(pen.prose())}<h2><span lang=EN-GB>{pen.heading()}<o:p></o:p></span></h2>{text(pen.prose())}<p
 class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if
 !supportLists]><span
 style='font-family:Symbol;mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;
</span></span><![endif]><span lang=EN-GB>{pen.plain()}</span></p>{text(pen.prose())}{photo()}
{text(pen.prose())}"""
    notes = "".join(
        f"""<div style='mso-element:footnote' id=ftn{n}><p class=MsoFootnoteText><a
 style='mso-footnote-id:ftn{n}' href="#_ftnref{n}" name="_ftn{n}" title=""><span
 class=MsoFootnoteReference>[{n}]</span></a>
 {pen.besides(pen.says.sentence())}</p></div>"""
        for n in range(1, pen.notes + 1)
    )
    return f"""<html xmlns:v="urn:schemas-microsoft-com:vml"
 xmlns:o="urn:schemas-microsoft-com:office:office"
 xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40"><head><meta
 name=ProgId content=Word.Document><meta name=Generator content="Microsoft Word
 12"><title>{title}</title>
<!--[if gte mso 9]><xml><w:WordDocument><w:View>Print</w:View></w:WordDocument></xml><![endif]-->
<style><!-- p.MsoNormal {{margin:0cm;}} --></style></head><body lang=EN-GB link=blue vlink=purple
 style='tab-interval:36.0pt'><div class=Section1>{body}</div><div
 style='mso-element:footnote-list'><![if
 !supportFootnotes]><br clear=all><hr align=left size=1
 width="33%"><![endif]>{notes}</div></body></html>"""


TEMPLATES = (tag_soup, vbulletin, word_processor)
