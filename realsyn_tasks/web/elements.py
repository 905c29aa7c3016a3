"""What the elements of HTML are: closed lists of the standard, nothing that a page names itself."""

from __future__ import annotations

from realsyn_tasks.text.whitespace import word_set

# What ends a paragraph; all others, unknown ones too, are parts of the text around them.
BLOCKS = word_set(
    "address article aside blockquote body caption center col colgroup dd details dialog dir div dl"
    " dt fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup html"
    " legend li listing main menu nav noframes ol optgroup option p plaintext pre search section"
    " summary table tbody td tfoot th thead tr ul xmp"
)
# What shows no text, or text that is none of the page's.
OPAQUE = word_set(
    "script style template head title base link meta select option optgroup datalist input textarea"
    " iframe object embed applet svg canvas audio video area source track param col noframes frame"
    " meter progress"
)
VOID = word_set("area base br col embed hr img input link meta param source track wbr")
PICTURES = word_set("img amp-img amp-anim")
HEADINGS = word_set("h1 h2 h3 h4 h5 h6")
PREFORMATTED = word_set("pre listing xmp plaintext")
CODE = word_set("code samp kbd tt")
