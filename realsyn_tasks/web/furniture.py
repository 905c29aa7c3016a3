"""What of a page is not what it is about: menus, banners, boxes, lists of other pages.

A tag or a name says so of a part, and what the part holds decides: what is a good deal of the
page's own text (that which is no link), or holds its heading or its main part, is no furniture,
whatever it is called. Lists that are nearly all links are, whatever they are called.
"""

from __future__ import annotations

import re
from collections import defaultdict

from realsyn_tasks.text.whitespace import word_set
from realsyn_tasks.web.candidates import is_picture_file
from realsyn_tasks.web.elements import BLOCKS, HEADINGS, PICTURES
from realsyn_tasks.web.names import kind_of_name
from realsyn_tasks.web.tree import Node, Tree

_TAGS = word_set("nav footer aside header dialog menu address")
_ROLES = word_set(
    "navigation banner contentinfo complementary search menu menubar dialog alertdialog"
    " tooltip toolbar tablist"
)
_CONTROLS = word_set(
    "button switch tab slider progressbar radio checkbox menuitem option combobox textbox searchbox"
    " status timer"
)
_ABOUT = word_set(
    "author publisher datePublished dateModified dateCreated commentCount interactionStatistic"
    " ratingValue reviewCount aggregateRating keywords breadcrumb copyrightHolder"
)
_STATED = 120  # characters of what is stated
_LISTS = word_set("ul ol dl table menu dir")
_BOXES = word_set("div section aside li")
_FIELDS = word_set("text email password search tel url")
_OF_READERS = word_set("comments leave-a-comment leave-a-reply newsletter discussion subscribe")
_MUCH = 0.4  # of a page's own text
_ARTICLE = 0.15  # of a page's text: what has less is a teaser or a comment
_LINKED = 0.6  # of a list
_MENU = 0.3  # links of what is called a menu
_NO_WORD = re.compile(r"[\W_]+")
_LITTLE = 0.1  # of a page's own text
_ASKED = 250  # characters about a form
_FEW = 3  # links
_SOME = 2  # paragraphs
_SHORT = 30  # characters


def clear(tree: Tree) -> None:
    """Leave out of a page what it is not about."""
    whole = max(1, tree.top.own)
    _clear_called(tree, whole)
    tree.settle()
    for node in tree.elements():
        if node is not tree.top and _is_list_of_links(node):
            node.drop()


def _clear_called(tree: Tree, whole: int) -> None:
    """Leave out what is called furniture, unless all that is called so is much of the page."""
    called: dict[str, list[Node]] = defaultdict(list)
    weights: dict[str, int] = defaultdict(int)
    total = tree.top.weight
    behind = 0  # what lies in one that is called so
    for node in tree.elements():
        if node.number < behind or node is tree.top:
            continue
        name = _what_it_is_called(node)
        if name and not _holds_the_page(node, whole, total):
            called[name].append(node)
            weights[name] += node.own
            behind = node.end
    for name, nodes in called.items():
        if weights[name] <= _MUCH * whole or len(nodes) == 1:
            for node in nodes:
                node.pictured = node.tag in ("header", "aside") and bool(node.bare)
                _box_of(node, whole).drop()


def _box_of(node: Node, whole: int) -> Node:
    """Find the box around a form that holds what asks to fill it in, and nothing else."""
    box, around = node, node.parent
    while node.tag == "form" and around is not None and around.tag in _BOXES:
        alone = not (around.headed or around.images or around.own > _LITTLE * whole)
        if not alone or around.weight - node.weight > _ASKED:
            break
        box, around = around, around.parent
    return box


def _holds_the_page(node: Node, whole: int, total: int) -> bool:
    return node.headed or node.own > _MUCH * whole or node.article > _ARTICLE * total


def _what_it_is_called(node: Node) -> str:
    """Give the tag, the role or the name that says that a node is furniture, "" if none does."""
    tag, attributes = node.tag, node.attributes
    if tag in _TAGS:
        return tag if _by_tag(node) else ""
    if tag == "form":
        return tag if _asks(node) else ""
    if not attributes:
        return ""
    role = attributes.get("role") or ""
    if role and role.lower() in _ROLES:
        return "" if role == "complementary" and _is_told(node) else role
    if tag in PICTURES or (tag not in BLOCKS and node.images):
        return ""
    if not node.images and _is_stated_about(node, role):
        return "stated"
    identity = attributes.get("id") or ""
    identity = "" if identity and _is_of_heading(node) else identity
    kind, word = kind_of_name(attributes.get("class") or "", identity)
    if kind == "furniture" or (kind == "place" and not _is_among_prose(node)):
        return word
    is_menu = kind == "links" or attributes.get("title") == "menu"
    return word or "menu" if is_menu and tag in BLOCKS and _is_menu(node) else ""


def _is_stated_about(node: Node, role: str) -> bool:
    """Say whether a small part is a control, or states something of the text, not in it."""
    if role in _CONTROLS:
        return True
    stated = node.get("itemprop")
    return bool(stated) and node.weight <= _STATED and not _ABOUT.isdisjoint(stated.split())


def _is_of_heading(node: Node) -> bool:
    """Say whether an id repeats the words of a heading: it is of what the text says, then."""
    if node.tag in HEADINGS:
        return True
    first = next((child for child in node.children if child.tag), None)
    if not node.get("id") or first is None or first.tag not in HEADINGS:
        return False
    slug = _NO_WORD.sub("-", first.sample(200).lower()).strip("-")
    said = "-" in slug or (node.paragraphs >= _SOME and _has_few_links(node))
    return said and slug == node.get("id").lower() and slug not in _OF_READERS


def _is_menu(node: Node) -> bool:
    """Say whether what is called a menu is one of links, and none of a restaurant."""
    if node.weight < _SHORT and not node.images:
        return True
    return not node.paragraphs and 0 < _MENU * node.weight <= node.linked


def _by_tag(node: Node) -> bool:
    if node.tag == "menu":
        return node.linked >= _MENU * node.weight
    if node.tag in ("aside", "header", "footer"):
        return not _is_told(node)
    return True


def _is_told(node: Node) -> bool:
    """Say whether a header or an aside is a part of what an article tells."""
    kind, _ = kind_of_name(node.get("class"), node.get("id"))
    if kind == "furniture" or node.tag == "footer":
        return False
    if node.tag == "header":
        return node.told or ((bool(node.paragraphs) or node.shown) and node.links < _FEW)
    pictured = node.told and bool(node.images) and (node.shown or _has_few_links(node))
    return pictured or _is_among_prose(node)


def _is_among_prose(node: Node) -> bool:
    """Say whether a box tells something itself, in an article or between its paragraphs."""
    around = node.parent
    between = around is not None and around.tag != "body" and around.told_here >= _SOME
    return (node.told or between) and bool(node.paragraphs) and _has_few_links(node)


def _has_few_links(node: Node) -> bool:
    return node.linked < _MENU * node.weight


def _asks(form: Node) -> bool:
    """Say whether a form has a field to write into; one around a page may have none but hidden."""
    waiting = list(form.children)
    while waiting:
        node = waiting.pop()
        if node.tag == "textarea" or (
            node.tag == "input" and (node.get("type") or "text").lower() in _FIELDS
        ):
            return True
        waiting += node.children
    return False


def _is_list_of_links(node: Node) -> bool:
    if node.tag not in _LISTS or node.links < _FEW:
        return False
    if node.paragraphs or node.headed or node.linked <= _LINKED * node.weight:
        return False
    return not (node.images and _leads_to_pictures(node))


def _leads_to_pictures(node: Node) -> bool:
    """Say whether the first links of a list lead to pictures in full size."""
    waiting, seen = [node], 0
    while waiting and seen < _FEW:
        inside = waiting.pop()
        if inside.tag == "a":
            seen += 1
            if not is_picture_file(inside.get("href")):
                return False
        waiting += reversed(inside.children)
    return True
