"""Tells sentences about how to work a program, or about the page that they stand on.

Manuals and help pages are full of them; they describe nothing that a picture shows. The words are
weighed together, for most of them have another life: a coat has buttons, a house has windows.
"""

from __future__ import annotations

import re

ENOUGH = 3
_ORDER = 2
_STRONG = 2

# Words that mean nothing else.
_PROGRAM_WORDS = frozenset(
    """
    clicking double-click right-click left-click ctrl-click shift-click checkbox checkboxes slider
    sliders toolbar toolbars dropdown drop-down popup pop-up submenu submenus tooltip dialog dialogs
    combobox spinbox untick uncheck unchecked hotkey config filename filenames login username
    scrollbar ctrl
    """.split()
)
# Words that hardly mean anything else, of programs and of what is said about them.
_COMPUTER_WORDS = frozenset(
    """
    click clicks clicked toolbox cursor install installed reinstall uninstall installing plugin
    plugins plug-in plug-ins toggle toggles toggled homepage website webpage wiki download downloads
    downloaded upload executable binary binaries preferences subscribe newsletter screenshot
    screenshots tick
    """.split()
)
# Words that mean something else as well.
_CONTROL_WORDS = frozenset(
    """
    button buttons menu menus tab tabs option options setting settings icon icons parameter
    parameters default defaults preset presets preview previews selected checked enabled disabled
    optimize optimise optimizer optimiser command commands file files folder folders directory
    software script scripts interface workflow tutorial tutorials panel panels
    """.split()
)
# Words of what programs work on; two count where somebody is told what to do, or a control does it.
_MATERIAL = frozenset(
    """
    layer layers mode modes filter filters pixel pixels value values canvas tool tools selection
    image images page version thumbnail thumbnails desktop output input project editor viewer
    gradient channel channels mask masks crop cropping flatten opacity rgb rectangle automatically
    """.split()
)
# Words of everyday life that count only beside one of the controls.
_EVERYDAY_WORDS = frozenset(
    """
    window windows mouse key keys press pressing drag dragging select selecting choose choosing
    enter list box pane open save load enable disable adjust screen corresponding
    """.split()
)
_PHRASES = re.compile(
    r"\b[A-Z]\w* → [A-Z]|\w -> \w|\bCtrl\b|\bShift\b\s?\+|\bF\d\b|\bOK\b|\bmov(?:e|ing) the mouse\b"
    r"|\bmouse (?:pointer|button|over)\b|\barrow keys?\b|\bstatus bar\b|\bscroll ?bars?\b"
    r"|\bcommand line\b|\bdrop[- ]?down\b|\b(?:text|check|combo|message) ?box(?:es)?\b"
    r"|\bradio buttons?\b|\b[Bb]uttons? pressed\b|\b[A-Z]\w+ tab\b"
    r"|\b[Oo]ptions? (?:is |are )?(?:selected|checked|set|enabled|disabled|shared|activated)\b"
    r"|\b[Pp]ressing (?:Shift|Alt)\b|\b(?:Shift|Alt) key\b|\b[Pp]review window\b"
    r"|\b[Oo]ption \w+ is (?:selected|checked)\b"
    r"|\b[Tt]h(?:is|ese) (?:\w+ )?options?\b|[”\"'’] (?:box )?(?:is|are) (?:un)?checked\b"
    r"|^(?:Copyright|©)\W{0,3}(?:\(c\)|©|\d{4}\b|by\b)|\b[Aa]ll [Rr]ights [Rr]eserved\b"
    r"|\b(?:outdated|older?|supported|modern|[Yy]our) browser\b"
    r"|\b(?:[Ee]nabl\w+|[Tt]urn on|[Aa]ctivate|[Ww]ithout|[Rr]equires?|[Nn]eeds?) Java[Ss]cript\b"
    r"|\b[Jj]ava[Ss]cript\b.{0,40}\b(?:enabled?|on)\b"
    r"|\b[Pp]rivacy (?:policy|settings|notice)\b|\b[Tt]erms of (?:use|service)\b"
    r"|\b[Tt]his (?:article|section|chapter|page|wiki|web ?site|site|post|blog|tutorial|guide"
    r"|manual|document(?:ation)?|stub|release|version)\b"
)
# Cookies that are stored, not eaten: what they are for, or who has to agree.
_STORED = re.compile(
    r"\b(?:accept\w*|consent\w*|reject\w*|declin\w+|third[- ]party|functional|analytics?"
    r"|advertis\w+|personali[sz]\w+|experience|brows\w+|policy|policies|preferences|settings"
    r"|traffic|tracking)\b",
    re.IGNORECASE,
)
_WEB_SITE = re.compile(
    r"\b(?:we|us|our|(?:web)?site|page|partners?|device|computer|you)\b", re.IGNORECASE
)
_COOKIE = re.compile(r"\bcookies?\b", re.IGNORECASE)
_EATEN = re.compile(
    r"\b(?:bak(?:e[sd]?|ing)|dough|chocolate|oven|eat\w*|ate|sugar|ginger\w*|butter|oat\w*|jar|crumbs?|flour"
    r"|plate|recipe|milk|sweet|cutters?)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\byou(?:r|rself)?\b", re.IGNORECASE)
_ACTS = re.compile(  # the sentence is of a control
    r"(?:(?:but|and|so|then|also|however|note|now)[,:]?\s+)?"
    r"(?:(?:if|when|with|the|this|these|that|those|an?|each|every|both|some|several)\s+)+"
    r"(?:[^\s,]+\s){0,2}"
    r"(?:options?|buttons?|sliders?|tabs?|menus?|fields?|parameters?|settings?|commands?|tools?"
    r"|windows?|panels?|icons?|presets?)\b"
    r"|.{1,40}\s[-–:]\s(?:allows?|lets?|sets?|shows?|displays?|controls?|uses?|when)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[-'’+][^\W_]+)*")


_ADVICE = re.compile(
    r"\W*(?:if|once|before|as soon as) you\b"
    r"|\W*(?:\w+[, ]+){0,3}you(?:['’]ll|['’]d)?\s"
    r"(?:(?:just|also|then|still|only|simply|probably|usually|already|either|now)\s)?"
    r"(?:can|could|should|must|may|might|will|won['’]t|need|want|have to|try|use|get|start)\b"
    r"(?!\s(?:\w+\s)?(?:see|find|notice|hear|smell|spot|admire|visit|watch))",
    re.IGNORECASE,
)


def is_advice(text: str) -> bool:
    """Say whether a sentence tells its reader what to do; what there is to see is no advice."""
    return _ADVICE.match(text) is not None


def _of_cookies(text: str) -> bool:
    """Say whether a text is about cookies that pages store."""
    if "ookie" not in text or not _COOKIE.search(text) or _EATEN.search(text):
        return False
    return bool(_STORED.search(text) or _WEB_SITE.search(text))


def interface_weight(text: str, *, order: bool) -> int:
    """Weigh how much a sentence is about working a program; ENOUGH or more means that it is.

    `order` says that the sentence tells somebody to do something.
    """
    words = set(_WORD.findall(text.lower()))
    if words & _PROGRAM_WORDS or _PHRASES.search(text) or _of_cookies(text):
        return ENOUGH
    strong, weak = len(words & _COMPUTER_WORDS), len(words & _CONTROL_WORDS)
    about = _ORDER * order + bool(_ADDRESS.search(text)) + bool(_ACTS.match(text))
    material = len(words & _MATERIAL) if about else 0
    beside = bool(words & _EVERYDAY_WORDS)
    if not strong + weak and material + (beside and order) < 2:
        return 0
    return about + _STRONG * strong + min(weak, 2) + min(material, 2) + beside
