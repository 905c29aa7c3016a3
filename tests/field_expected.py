"""What a careful user expects of each input of the field (../shared/field), file by file.

Whole sentences and pictures as a reader sees them. Where several answers are right, a tuple holds
them all.
"""

from __future__ import annotations

from dataclasses import dataclass

Text = str | tuple[str, ...]


@dataclass(frozen=True)
class Expected:
    """What one page must come to, and what must not come of it."""

    sentences: tuple[Text, ...] = ()  # that parse gives, letter by letter
    pictures: tuple[Text, ...] = ()  # addresses of the pictures that are kept, and of no others
    alt: str = ""  # of its picture
    captions: tuple[str, ...] = ()  # of its pictures
    never: tuple[str, ...] = ()  # stands in no sentence that parse gives
    not_kept: tuple[str, ...] = ()  # stands in no sentence that filter_sentences keeps
    told: str = ""  # part of a picture's address, a sentence or a drop's detail: one is there
    prose: bool = False  # whatever drops these sentences, it is no address, code or sign in them
    or_dropped: bool = False  # or the whole page is dropped for a reason


BOAT = "A small fishing boat carries three wooden crates across the quiet harbour."
BRIDGE = "Workers repair the long stone bridge that crosses the river near the mill."
HOUSE = "Two children paint a bright yellow house on the wall of the school."
TRACTOR = "A farmer drives an old tractor along the muddy road behind the barn."
BAKER = "The baker places warm loaves of bread on the wide wooden shelf."
PINES = "Tall pine trees surround the frozen lake in the northern valley."
TOWER = "The old lighthouse stands on a narrow cliff above the grey sea."
DOG = "The brown dog chases a red ball through the tall grass of the meadow."
BOAT_HOUSE = (BOAT, BRIDGE, HOUSE, TRACTOR)
TRACTOR_TOWER = (TRACTOR, BAKER, TOWER, BOAT)
BRIDGE_TRACTOR = (BRIDGE, DOG, TRACTOR, BAKER)
HOUSE_PINES = (HOUSE, TRACTOR, PINES, TOWER)
BAKER_BOAT = (BAKER, PINES, BOAT, BRIDGE)
TOWER_DOG = (TOWER, BOAT, DOG, HOUSE)
DOG_BAKER = (DOG, HOUSE, BAKER, PINES)
PINES_BRIDGE = (PINES, TOWER, BRIDGE, DOG)

GRANDMOTHER = "Grandmother’s café in Zürich serves warm bread to the fishermen of the old harbour."
FISHERMAN = "The fisherman carries a wooden crate across the quiet harbour in the morning."
RUSSIAN = "Старый маяк стоит на высоком берегу и светит рыбакам всю ночь напролёт."
CHINESE = "古老的灯塔矗立在狭窄的悬崖上，每天晚上为渔民的船只照明。"
JAPANESE = "古い灯台は狭い崖の上に立っていて、漁師たちの船を毎晩照らしている。"
KOREAN = "오래된 등대는 좁은 절벽 위에 서 있다"


def _said(
    name: str, text: str, not_kept: tuple[str, ...] = (), or_dropped: bool = False
) -> tuple[str, Expected]:
    sentence = f"{name}: {text}"
    return f"{name}.html", Expected((sentence,), not_kept=not_kept, or_dropped=or_dropped)


HTML_CHARSET = dict(
    (
        _said("cp1251_no_label", RUSSIAN, or_dropped=True),
        _said("cp1252_meta_late", GRANDMOTHER),
        _said("gbk_label_x_gbk", CHINESE),
        _said("gbk_no_label", CHINESE, or_dropped=True),
        _said("koi8_label", RUSSIAN),
        _said("ksc", KOREAN),
        _said("latin1_l1", GRANDMOTHER.replace("’", "'")),
        _said("macintosh", GRANDMOTHER),
        _said("meta_in_comment", RUSSIAN),
        _said("meta_utf16_ascii", FISHERMAN),
        _said("meta_utf16le_ascii", FISHERMAN),
        _said("sjis_label_x_sjis", JAPANESE),
        _said("sjis_no_label", JAPANESE, or_dropped=True),
        _said("two_metas", GRANDMOTHER),
        _said("utf16le_no_bom", GRANDMOTHER, or_dropped=True),
        _said("utf8_double", GRANDMOTHER, not_kept=("â", "Ã")),
        _said("utf8_meta_utf8_one_bad", GRANDMOTHER, not_kept=("\ufffd",)),
        _said("utf8_no_label_cut_midchar", GRANDMOTHER, not_kept=("\ufffd", "Ã")),
        _said(
            "utf8_no_label_rsquo_only",
            "Grandmother’s cat sleeps on the wooden bench near the door.",
        ),
        _said("viscii_unknown", GRANDMOTHER),
        _said("xml_decl_utf16_ascii", FISHERMAN),
    )
)

LAZY = {  # the attribute of a lazily loaded picture -> the prose around it
    "data-cfsrc": PINES_BRIDGE,
    "data-echo": BOAT_HOUSE,
    "data-hires": PINES_BRIDGE,
    "data-lazyload": TRACTOR_TOWER,
    "data-ll-src": BOAT_HOUSE,
    "data-orig-src": DOG_BAKER,
    "data-original-src": TRACTOR_TOWER,
    "data-pagespeed-lazy-src": BOAT_HOUSE,
    "data-src": BOAT_HOUSE,
    "real_src": DOG_BAKER,
}

HTML_DOM = {
    "alt_filename.html": Expected(BOAT_HOUSE, ("alt1.jpg", "alt2.jpg", "alt3.jpg")),
    "amp.html": Expected(TRACTOR_TOWER, ("amp1.jpg",), alt="an amp picture"),
    "antiflicker.html": Expected(BRIDGE_TRACTOR, ("af.jpg",)),
    "aside_box.html": Expected(
        (*HOUSE_PINES, "The aside tells of the harbour and its boats."), ("aside.jpg",)
    ),
    "aspnet_form.html": Expected(BOAT_HOUSE, ("aspnet.jpg",)),
    "br_list.html": Expected(
        ("The red boat sails on Monday.", "The blue boat sails on Friday"), never=("Boats The",)
    ),
    "button_img.html": Expected(HOUSE_PINES, ("btnimg.jpg",)),
    "cookies.html": Expected(
        BRIDGE_TRACTOR,
        never=(
            *("cookies", "We collect data", "You can change your settings", "newsletter"),
            *("Subscribe", "JavaScript"),
        ),
    ),
    "css_background.html": Expected(BAKER_BOAT, told="bg.jpg"),
    "custom_inline.html": Expected(
        (
            "The lighthouse stands on the cliff above the sea.",
            "The harbour holds boats and a crane today.",
        )
    ),
    "frameset.html": Expected(("The old boat sails home.",), or_dropped=True),
    "header_hero.html": Expected(BAKER_BOAT, ("hero.jpg",)),
    "hidden_article.html": Expected(BOAT_HOUSE, never=("template text",)),
    "hidden_cls.html": Expected(TOWER_DOG, never=("phrase",)),
    "iframe_srcdoc.html": Expected(TOWER_DOG, told="frame"),
    "inline_anchor_svg.html": Expected(("The boat sails home every night across the bay.",)),
    "input_image.html": Expected(DOG_BAKER, told="inp.jpg"),
    "lazy_picture_source.html": Expected(TRACTOR_TOWER, ("lzp_real.jpg",), alt="lazily"),
    "lazy_srcset_attr.html": Expected(DOG_BAKER, ("lzss.jpg",)),
    "main_in_nav_role.html": Expected(TOWER_DOG, ("rm.jpg",)),
    "math_gap.html": Expected(never=("The area grows", "radius doubles")),
    "nbsp_zw.html": Expected(
        (
            "The old boat leaves the harbour.",
            "The crew waves.",
            "Then it sails away from land.",
            ("می\u200cخواهم کتاب بخوانم.", "میخواهم کتاب بخوانم."),
            ("क्\u200dष की कहानी है।", "क्ष की कहानी है।"),
        )
    ),
    "nul_page.html": Expected(("The old boat sails home tonight.",)),
    "object_img.html": Expected(TOWER_DOG, told="obj.jpg"),
    "opacity.html": Expected(HOUSE_PINES),
    "picture_avif_first.html": Expected(BOAT_HOUSE, (("pa.avif", "pa.webp"),)),
    "picture_lqip.html": Expected(PINES_BRIDGE, ("lqip_real.jpg",)),
    "pre_code.html": Expected(
        ("The script opens a file and prints each line of it.",),
        not_kept=("for line in", "def sail", "1 2 3"),
    ),
    "ruby.html": Expected(
        (
            (
                "The word 東京 names the capital city of Japan.",
                "The word 東京(Tokyo) names the capital city of Japan.",
                "The word 東京 (Tokyo) names the capital city of Japan.",
            ),
        )
    ),
    "same_image_twice.html": Expected(BOAT_HOUSE, ("tw.jpg",), alt="A good description of it"),
    "shadow.html": Expected(DOG_BAKER, ("shadow.jpg",)),
    "srcset_avif.html": Expected(BRIDGE_TRACTOR, (("sa.jpg", "sa_big.avif"),)),
    "srcset_commas.html": Expected(HOUSE_PINES, ("w_600,c_fill/cl2.jpg",)),
    "srcset_density_float.html": Expected(BOAT_HOUSE, ("sf1.jpg",)),
    "srcset_no_space.html": Expected(BAKER_BOAT, (("ns1.jpg", "ns2.jpg"),)),
    "sup_power.html": Expected(
        (
            "Light travels 3 × 10⁸ metres in each second through empty space.",
            "The room measures 25 m² and holds two wooden beds.",
            "Water is H₂O and it freezes in winter on the lake.",
            "Mix 1½ cups of flour with 2 ¼ cups of milk in the bowl.",
            "Light travels 3×10⁸ metres in each second.",
            "The room measures 25 m² and holds beds.",
        )
    ),
    "sup_refs.html": Expected(
        (
            "The castle was built on the hill in 1850.",
            "A wooden bridge crosses the deep moat.",
            "The king lived in the tower.",
            "The queen planted roses in the garden.",
        ),
        never=("[",),
    ),
    "svg_image.html": Expected(HOUSE_PINES, told="svgi.jpg"),
    "tables.html": Expected(("The blue boat carries nets.",), never=("12 m The", "wall; 14")),
    "unclosed_comment.html": Expected(
        ("First words of the page are these ones.",), never=("fishing", "bridge")
    ),
    "video_poster.html": Expected(BRIDGE_TRACTOR, told="poster.jpg"),
    "wp_caption.html": Expected(
        pictures=("wpc.jpg", "wpf.jpg", "tblc.jpg"),
        captions=("Boats rest in the harbour.", "A crane lifts a crate."),
    ),
    "wrapper_comments.html": Expected((*BOAT_HOUSE, "Only this.")),
    "wrapper_menu_restaurant.html": Expected((PINES, TOWER, BRIDGE, DOG), ("menu1.jpg",)),
    "wrapper_sidebar.html": Expected(TRACTOR_TOWER, ("ws.jpg",)),
    "xhtml_prefix.xhtml": Expected((BOAT, BRIDGE), ("xp.jpg",)),
    "xhtml_script.xhtml": Expected(BOAT_HOUSE, ("xs.jpg",)),
    "xhtml_title.xhtml": Expected(PINES_BRIDGE, ("xt.jpg",)),
} | {
    f"lazy_{name}.html": Expected(prose, (f"lz_{name}.jpg",), alt=f"real {name}")
    for name, prose in LAZY.items()
}

SENTENCES = {
    "abbrev.html": Expected(
        (
            "Dr. Brown met Mr. Lee near St. Mary's Church at 5 p.m. on Monday.",
            "They crossed the bridge.",
            "The U.S. Army built the bridge in 1944.",
            "It spans 1.5 km of water.",
            "Fig. 3 shows a boat near the pier.",
            "See also Sec. 2.1 of the book.",
            "The frog (Rana sp.) lives in ponds, e.g. near the lake.",
            "It eats approx. 20 flies a day.",
            "J. K. Smith and A. B. Jones painted the wall.",
            "No. 5 is the best one.",
            'He said "Stop the boat!" and waved.',
            '"Why?" she asked him quietly.',
            "The temple was built c. 1200 by King Olaf II. of the north.",
            "The roof burned in 1650.",
            "The company Foo Inc. sells boats.",
            "The shop e.V. lends them.",
            "Prof. Gray et al. describe the fish in vol. 3 of the report.",
        )
    ),
    "code.html": Expected(
        not_kept=("for line in", "SELECT", "function sail", "sudo", "boat.leave", "&& make")
    ),
    "cookie.html": Expected(
        not_kept=(
            *("cookies", "JavaScript", "newsletter", "outdated browser", "Click on"),
            *("Copyright", "reserves all rights"),
        )
    ),
    "dotnet.html": Expected(
        (
            "The team builds the shop with ASP.NET and tests it each night.",
            "The app runs on Node.js and opens a window.",
        ),
        prose=True,
    ),
    "emoji.html": Expected(
        (
            "The boat → harbour path follows the river.",
            "The ★ star shines above the boat.",
            "The sign ✓ marks the wooden box.",
        ),
        prose=True,
        not_kept=("👨", "🇫🇷", "⃣"),
    ),
    "listing.html": Expected(
        (
            ("1. Fill the bucket with sand.", "Fill the bucket with sand."),
            ("2. Carry the bucket to the wall.", "Carry the bucket to the wall."),
            ("3. Empty it there.", "Empty it there."),
            "Ingredients: 2 cups flour; 1 egg; 1½ cups milk.",
        )
    ),
    "markdown.html": Expected(
        not_kept=(
            *("![", "##", "**", "](", "<p>", "&amp;", "&nbsp;", "[caption", "{{", "\\n", "_bay_"),
        )
    ),
    "mixed.html": Expected(
        (
            "The boat 船 sails across the bay with 漁師 aboard.",
            "Das Boot fährt über den See.",
            "The boat crosses the lake.",
            "THE BOAT SAILS ACROSS THE BAY AND THE CREW WAVES.",
            "the boat sails across the bay and the crew waves",
        ),
        not_kept=("Das Boot",),
    ),
    "mojibake_real.html": Expected(
        (GRANDMOTHER, "The captain’s wife — a painter — hangs the picture on the wall."),
        never=("â", "Ã"),
        not_kept=("\ufffd",),
    ),
    "nospace.html": Expected(
        (
            "The boat left the harbour.",
            "It sailed across the bay.",
            "Then it returned.",
            "The shop sells fish.",
            "Us locals buy it there every day.",
            "The crew waved from the deck.",
            "In the evening they sang.",
        )
    ),
    "pii_false.html": Expected(
        (
            "The ship sailed at latitude 48.8566 and longitude 2.3522 in the morning.",
            "The model 10.1.2.3 engine powers the boat across the lake.",
            "The ISBN 978-3-16-148410-0 marks the book on the shelf.",
            "Between 1939-1945 2010 boats crossed the channel.",
            "The population rose from 1 200 000 to 1 450 000 people in ten years.",
            "Version 2.0.1.5 of the software draws the map of the harbour.",
            "The museum opens 9:00-17:00 and shows 120 old boats.",
            "The star HD 209458 hosts a planet that crosses its disk.",
            "The train 0800 1200 1600 leaves the station and crosses the bridge.",
        ),
        prose=True,
    ),
    "quotes.html": Expected(
        (
            "“The boat sails tonight,” said the captain.",
            "‘We follow,’ said the mate.",
            "The sign reads: «The boat leaves at noon».",
            "The crew reads it.",
        )
    ),
    "refs.html": Expected(
        (
            "The castle was built on the hill in 1850.",
            "A wooden bridge crosses the deep moat.",
            "The king lived in the tower.",
            "The queen planted roses in the garden.",
            "The mill stands near the river and grinds corn.",
        ),
        never=("[", "tower.4"),
    ),
    "utf16_meta_even.html": Expected(
        ("The fisherman carries a wooden crate across the quiet harbour.",)
    ),
    "utf16_xml_odd.html": Expected(
        ("The fisherman carries a wooden crate across the quiet harbour.",)
    ),
}

WARC_IMG = {  # file -> the address of the page's picture as the crawl holds it, or the page has it
    "base_two": ("https://cdn.example/base/pic.jpg",),
    "default_port": ("https://site.example/i/p.jpg",),
    "dot_segments_end": ("https://site.example/i/dots.jpg",),
    "entity_amp_missing": ("https://site.example/i/e.jpg?a=1&copy=2",),
    "fragment_bang": ("https://site.example/i/f.jpg",),
    "http_upgraded_to_https": ("http://site.example/i/s1.jpg", "https://site.example/i/s1.jpg"),
    "idn_host": ("https://xn--bcher-kva.example/i/x.jpg",),
    "latin1_query_page": ("https://site.example/i/x?c=1|2[3]",),
    "lower_escapes": (
        "https://site.example/i/caf%C3%A9.jpg",
        "https://site.example/i/caf%c3%a9.jpg",
    ),
    "other_file_page": ("https://site.example/i/elsewhere.jpg",),
    "page_not_modified_304": ("https://site.example/i/nm.jpg",),
    "redirect_301": ("https://site.example/i/r1.jpg", "https://cdn.example/r1.jpg"),
    "revisit_by_digest": (
        "https://site.example/i/again.jpg",
        "https://site.example/i/first.jpg",
    ),
    "revisit_of_revisit": (
        "https://site.example/i/c.jpg",
        "https://site.example/i/b.jpg",
        "https://site.example/i/a.jpg",
    ),
    "single_slash_scheme": ("https://site.example/i/ss.jpg",),
    "space_in_path": ("https://site.example/i/my%20photo%20(1).jpg",),
    "tab_newline": ("https://site.example/i/long-name.jpg",),
}

MMC4 = (TOWER, BOAT, DOG, BRIDGE)  # kept of the rows without and with what is no Unicode
MMC4_MENDED = "The boat sails home across the bay."  # or this sentence is dropped

KEPT = ("kept",)
NOT_DECODED = ("undecodable", "unsupported_format")
# picture -> kept, or reasons of which any is right
IMG: dict[str, tuple[str, ...]] = dict.fromkeys(
    (
        *("arrow-frog-large.jpg", "arrow-frog.jpg", "blank.jpg", "bullet-train.jpg"),
        *("button_mushroom.jpg", "clear.jpg", "cmyk.jpg", "cut_last20.jpg", "default-image.jpg"),
        *("dot.jpg", "emoji-movie.jpg", "exif_rot6.jpg", "fog_boat.jpg", "gif_one_frame.gif"),
        *("gray16.png", "jpeg_named.png", "jpg_bad_exif.jpg", "jpg_bad_mpf.jpg", "la.png"),
        *("line_chart.png", "loader.jpg", "loading.jpg", "missing-photo.jpg", "mpo.jpg"),
        *("night_sky.jpg", "no-photo.jpg", "no_eoi.jpg", "onebit.png", "palette_trans.png"),
        *("pano_3to1.jpg", "photo.avif", "photo.bmp", "pixel.jpg", "png_bad_crc_text.png"),
        *("png_bad_icc.png", "png_big_itxt.png", "png_no_iend.png", "png_trailing.png"),
        *("progressive.jpg", "sketch_small_figure.png", "spacer.jpg", "trailing_junk.jpg"),
        *("transparent.png", "webp_lossless_alpha.webp", "ycck.jpg"),
    ),
    KEPT,
) | {
    "anim.gif": ("animated",),
    "anim.png": ("animated",),
    "anim.webp": ("animated",),
    "apng_default_first.png": ("animated",),
    "cut_50pct.jpg": ("kept", "undecodable"),  # browsers show its upper half
    "cut_99pct.jpg": ("kept", "undecodable"),
    "empty.jpg": ("empty", "empty_file", "empty_picture", "empty_image"),
    "html_named.jpg": (*NOT_DECODED, "not_an_image", "not_a_picture"),
    "huge.png": ("too_many_pixels",),
    "leading_newline.jpg": NOT_DECODED,  # no browser shows it
    "pano_301.jpg": ("aspect_ratio",),
    "photo.ico": ("kept", "unsupported_format", "icon"),
    "photo.jp2": ("unsupported_format",),  # of browsers only Safari shows these two
    "photo.tif": ("unsupported_format",),
    "portrait_99.jpg": ("too_small",),
    "svg_named.png": NOT_DECODED,
}
UPRIGHT = {"exif_rot6.jpg": (300, 400)}  # width and height as viewers show them
