"""How much of each source the sample crawl takes, and why. All numbers of the recipe are here.

A demo has to be done in minutes on two cores, with about 1/30 CPU-second per sentence for
perplexity and embedding and 1/10 per image. So: 600 to 900 images, 4,000 to 6,000 sentences, and
no source so large that the crawl looks like nothing else. Pictures of things come first: of these
other documents of the crawl, the dictionaries' articles, have something to say.
"""

from __future__ import annotations

RECIPE = 6
"""Raise it when the same packages would give another crawl."""

WARC_FILES = 6  # enough shards to keep two cores busy and to show a batch that failed alone
CRAWL_DATE = "2024-01-01T00:00:00Z"

# The GIMP's manual has 1,600 pictures: most are of dialogs, which look alike, or of one photograph
# under one filter after another. By what a file's name begins with, the first that fits:
GIMP_SECTIONS = {
    ("gimp-filter", "plug-in", "script-fu", "python-fu"): 30,
    ("gimp-concepts-layer-modes", "layer-mode"): 7,
    ("",): 80,  # concepts, tools, tutorials
}
GIMP_WORDS_PER_IMAGE = 160
HUGIN_IMAGES = 60
HUGIN_WORDS_PER_IMAGE = 350
# Some sky cultures are books with a single picture.
SKY_IMAGES = 50
SKY_WORDS_PER_IMAGE = 350

# Of an article.
LISTED = 5  # kinds, parts or names
NOTES = 3  # sentences after the definition

# The smallest picture worth a page: the image filter's own limits (paper §3.1).
MIN_SIDE = 100  # px
MAX_ASPECT = 3.0

SPLIT_SEED = "stamps-1"
# Letters, coins, signs and the like: few are pictures of a thing that a dictionary describes.
NEVER_USED = ("symbols", "flags", "roadsigns", "people")
# Drawings. They may be in the crawl, but the retrieval check asks for photographs only.
DRAWN = ("cartoon", "houses")

# Drawings of the clip art library. Titles that more of them have are names of collections.
DRAWINGS_PER_TITLE = 6
DRAWINGS_PER_NOUN = 2
DRAWING_BYTES = 400_000  # of SVG; dearer ones take seconds to render

LEAST_OF_TOPIC = 5  # pictures; smaller topics are one, where a harder crawl weighs topics

# Evaluation sets of what the crawl leaves out. About 2,000 questions give an interval of ±.02.
SETS_RECIPE = 1
"""Raise it when the same packages would give other evaluation sets."""
ASKED_PER_TITLE = 3  # drawings with much the same title, at most; one of them is asked for
FASHION_PICTURES = 2000  # of the test half of Fashion-MNIST, and of the other one
FASHION_SIDE = 224  # px, inverted: what the embedded encoder knows best
FASHION_SEED = 1
