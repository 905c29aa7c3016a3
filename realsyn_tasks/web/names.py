"""What pages call their parts, by class and id: words at their borders, in any spelling.

A name is a hint. Whether it counts is decided by what the part holds (furniture.py).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Kind = Literal["", "hidden", "furniture", "place", "links"]

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_START = r"(?<![a-z0-9])(?<!no-)(?<!with-)(?<!has-)(?<!without-)(?<!hide-)(?<!show-)"
# Standing alone: as parts of names they mean a label that is not shown, a text that can be.
_HIDDEN = re.compile(
    r"(?<!\S)(?:hidden|is-hidden|hide|d-none|invisible|element-(?:invisible|hidden)"
    r"|(?:visually|visuallly|screen-reader)-?hidden|u-?hidden(?:-visually)?"
    r"|(?:sr|screen-?reader(?:s)?)-?(?:only|text)|screen-reader-(?:shortcut|response)"
    r"|show-for-sr|a11y-(?:text|hidden|only)|assistive-text|offscreen|off-screen"
    r"|visually-?hidden-?\w*|accessibility-text|skip-?(?:link|nav|to-content)\w*)(?!\S)"
)
# On wider screens it is shown after all.
_SHOWN = re.compile(
    r"(?<![a-z])(?:sm|md|lg|xl|\d?xl|xxl)[:-](?:block|flex|grid|inline|table|contents)"
)
_FURNITURE = re.compile(
    rf"{_START}(?:"
    # consent
    r"cookies?|consent|cmplz|onetrust|cookie-?bot|cookie-?law\w*|gdpr|ccpa|cc-(?:window|banner)"
    # what stands on each page of a site
    r"|nav|nav-?bar|nav-?header|nav-?footer|navigation|site-(?:header|footer|info|nav\w*|branding)"
    r"|site-title|page-(?:footer|actions?)|(?:main|global|mobile)-(?:header|menu|nav)|print-?footer"
    r"|breadcrumbs?|crumbs?|pagination|pager|paging|skip-?links?|sitemap|colophon"
    # other pages
    r"|related\w*|recommend\w*|recirc\w*|(?:most-)?(?:popular|viewed)(?:-posts|-stories|-list)?"
    r"|most-read|more-(?:link|stories|posts|from|articles|news)|up-next|read-(?:next|also)"
    r"|trending|also-(?:like|read)|you-may-like|outbrain|taboola|upsells?|cross-sells?"
    r"|promos?|teasers?-list|latest-(?:posts|news)|see-also|similar-\w+"
    # what is wanted of the reader
    r"|subscri\w+|newsletters?|sign-?up|sign-?in|log-?in|pay-?wall|opt-?in|mail-?chimp|donat\w+"
    r"|app-(?:banner|promo)|share|share-?\w*(?<!shared)(?<!sharing)|sharing|sharedaddy|follow-us"
    r"|social|socials|social-?(?:media|links?|icons?|share|buttons?|bar|nav|follow|sharing|list)"
    r"|add-?this|add-?to-?any"
    # of readers
    r"|comments?|comment-\w+|respond|disqus\w*|reactions?|votes?|voting|ratings?"
    # advertisements
    r"|ads?|ads-?by-?google|advert\w*|ad-?(?:slot|unit|container|wrapper|block|box)|sponsor\w*"
    # of the text, not in it
    r"|by-?lines?|author-(?:box|bio|info|card|meta|details)|about-author|post-author\w*"
    r"|(?:post|entry|article)-?(?:meta|footer|tags|info|utility|byline)|meta-?bar"
    r"|posted-(?:on|by)|reading-time|read-time|time-?stamp|edit-?(?:section|link|page)|catlinks"
    r"|mw-(?:editsection|jump-link|indicators?)|nav-?box\w*|ambox|vector-\w*menu\w*"
    r"|ref-?list|references|bibliography|headerlink|anchor-?link"
    r"|toast|tooltip-content"
    rf")\d{{0,2}}(?![a-z0-9])"
)
# Names of places on a page, where texts may have boxes so called as well.
_PLACES = re.compile(
    rf"{_START}(?:masthead|top-?bar|side-?bar\d?|footer|page-header|copyrights?|legal|no-?print"
    rf"|print-?only|toolbar|tools|widget-area|modal|pop-?up|meta-?data|hatnote|dablink)\d{{0,2}}(?![a-z0-9])"
)
# What may be a part of the text as well: a restaurant's menu, a list of contents.
_LINKS = re.compile(
    rf"{_START}(?:menus?|sub-?menu|menubar|toc|table-of-contents|tags?|tag-(?:list|cloud)|labels?"
    r"|categories|category-list|cat-links|topics|portlet\w*|index-links|links|drop-?down\w*|tabs?"
    r"|header|banner|actions?|buttons?|btn|controls?|meta|info|utility|steps-nav|cta"
    rf"|call-to-action|read-?more|widgets?|membership|replies)\d{{0,2}}(?![a-z0-9])"
)
# What a page is about, as systems write it among the names of an article.
_ABOUT = re.compile(r"(?<!\S)(?:category|tag|topic|term|cat)-(?!list|cloud|links)\S+")


@lru_cache(maxsize=8_192)
def kind_of_name(classes: str, identity: str) -> tuple[Kind, str]:
    """Say what a class and an id announce, and by which of their words."""
    names = _CAMEL.sub("-", f"{classes[:500]} {identity[:100]}").lower().replace("_", "-")
    names = _ABOUT.sub(" ", names)
    for kind, pattern in _PATTERNS:
        word = pattern.search(names)
        if word and not (kind == "hidden" and _SHOWN.search(names)):
            return kind, word[0]
    return "", ""


_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("hidden", _HIDDEN),
    ("furniture", _FURNITURE),
    ("place", _PLACES),
    ("links", _LINKS),
)
