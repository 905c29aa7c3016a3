"""Pages in every encoding of the web: labelled rightly, wrongly, not at all, late, damaged, short.

Sentences were written for this, a handful in each language, and say nothing of importance.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from realsyn_tasks.web.charsets import decode

SENTENCES = {
    "en": "The keeper’s daughter wrote a naïve résumé in the café at Zürich’s old station.|"
    "“It costs £5 or €6 – no more,” said the woman who sells façade paint.|"
    "Every morning the baker’s boy carries warm bread across the quiet harbour.|"
    "The lighthouse wasn’t lit for ages – nobody knows why the lamp’s glass broke.",
    "de": "Die Fähre fährt jeden Morgen über den großen See zu den schönen Dörfern.|"
    "Der alte Müller erzählte den Kindern eine Geschichte über süße Äpfel.|"
    "Im Frühling blühen die Bäume an der Straße, und die Vögel singen früh.|"
    "Könnten Sie mir bitte die Tür öffnen, während ich die Kisten trage?",
    "fr": "L’été dernier, nous avons traversé la forêt à vélo jusqu’à la rivière.|"
    "La boulangère préparait des gâteaux très légers pour la fête de l’école.|"
    "Où êtes-vous allés après le dîner avec vos élèves français ?|"
    "Le cœur du garçon battait très fort quand le bateau s’éloigna.",
    "es": "El niño pequeño soñaba con una montaña llena de árboles y pájaros.|"
    "¿Dónde está la señora que vendía las cañas de azúcar ayer por la mañana?|"
    "La próxima estación será más fría según el señor Muñoz y su compañía.|"
    "Después del otoño el río creció y cubrió los jardines de la ciudad.",
    "it": "Perché la città è così tranquilla quando arriva l’estate più calda?|"
    "Il caffè del papà è già pronto, però manca lo zucchero sulla tavola.|"
    "Andrò a trovare la nonna lunedì, poiché la sua salute non è più buona.|"
    "Nella libertà di quei giorni c’era una felicità che non tornò mai più.",
    "pt": "A irmã do João não gosta de maçãs, mas come pão com requeijão à noite.|"
    "Amanhã de manhã vamos à praia com os avós e as crianças da vizinhança.|"
    "As canções do coração são cantadas pelos pescadores às quintas-feiras.|"
    "Você já viu a exposição de cerâmica que está na estação central?",
    "sv": "På våren växer små gröna löv på björkarna vid sjön där vi brukar åka båt.|"
    "Den gamla damen köpte färska ägg och två bullar på torget i Göteborg.|"
    "Är det inte märkligt att ån fryser så här sent på året?|"
    "Pojken från ön sålde blåbär åt främlingar som gick förbi hans kärra.",
    "da": "Børnene løb ned ad den smalle sti mellem træerne for at nå færgen.|"
    "På øen bor der kun få mennesker, og de dyrker æbler og kål.|"
    "Købmanden åbner først klokken ni, når hans søn har fejet gården.|"
    "Vi så en stor fugl svæve over åen, før det begyndte at blæse.",
    "fi": "Järven rannalla seisoo vanha mökki, jossa isoisä käy kesäisin kalastamassa.|"
    "Äiti keittää hernekeittoa, ja lapset lähtevät hiihtämään metsään päiväksi.|"
    "Tämä kylä näyttää pieneltä, mutta täällä järjestetään iso juhla syksyllä.|"
    "Yöllä satoi räntää, eikä kukaan päässyt ylös mäkeä ennen iltapäivää.",
    "is": "Fjörðurinn var þakinn ís þegar sjómennirnir sneru aftur með þorskinn.|"
    "Ömmurnar prjónuðu hlýjar peysur úr íslenskri ull við eldinn á kvöldin.|"
    "Það er ekki auðvelt að ganga yfir hraunið þegar vindurinn blæs úr norðri.|"
    "Börnin léku sér í fjörunni og söfnuðu fallegum steinum í æðardúnspoka.",
    "pl": "Wczesną wiosną żółte kwiaty pokrywają całą łąkę nad brzegiem rzeki.|"
    "Młody rybak śpiewał pieśń o dziewczynie, która mieszkała za górą.|"
    "Czy możesz przynieść mi trochę świeżych jabłek ze stodoły sąsiada?|"
    "Gdy skończyła się burza, dzieci wybiegły na podwórze, żeby łapać żaby.",
    "cs": "Příliš žluťoučký kůň běžel přes louku a děti se mu smály z okna školy.|"
    "Na podzim sbíráme v lese houby a večer vaříme polévku pro celou rodinu.|"
    "Starý mlynář řekl, že řeka už dávno nebyla tak široká jako letos.|"
    "Můžeš mi prosím říct, kde najdu nejbližší obchod s čerstvým chlebem?",
    "hu": "Az öreg halász minden reggel a tóhoz ment, hogy kifogja az ebédjét.|"
    "A gyerekek örömmel fürödtek a folyóban, amíg föl nem tűnt a felhő.|"
    "Kérem, mondja meg, hol találom a legközelebbi könyvesboltot a városban!|"
    "Ősszel a szőlőhegyen mindenki együtt énekelt, és frissen sült kenyeret evett.",
    "hr": "Šumski radnik pronašao je staru škrinju ispod srušenog hrasta.|"
    "Djeca su čekala da padne prvi snijeg kako bi mogla graditi kuću na brijegu.|"
    "Žena s tržnice uvijek čuva najljepše trešnje za našu malu sestru.|"
    "Kad počne kiša, ribari vežu čamce i pričaju priče uz vatru u kući.",
    "ro": "Bătrânul pescar și-a reparat barca înainte ca furtuna să ajungă la țărm.|"
    "Copiii învață să cânte colinde în casa bunicii, lângă focul cald.|"
    "Într-o dimineață rece, vânzătoarea a găsit o pisică sub masa din piață.|"
    "De ce crezi că râul este atât de liniștit după ce s-au topit zăpezile?",
    "ru": "Старый маяк стоит на высоком берегу и светит рыбакам всю ночь напролёт.|"
    "Каждое утро дети бегут к реке, чтобы посмотреть, как просыпается лес.|"
    "Почему ты не рассказал мне о письме, которое нашёл под дверью?|"
    "Весной снег тает быстро, и дорога в деревню становится почти непроходимой.",
    "uk": "Старий млин стоїть над річкою, і ґазда щоранку годує там білих гусей.|"
    "Діти їдуть до бабусі на вихідні, щоб разом збирати яблука в її саду.|"
    "Чому ж ти не сказав мені, що поїзд з Києва запізнюється на дві години?|"
    "Навесні вся околиця пахне бузком, а ввечері чути пісні солов’їв.",
    "bg": "Старият рибар всяка сутрин слиза до морето, преди градът да се събуди.|"
    "Децата събират горски плодове и после ги носят на баба си в селото.|"
    "Защо не ми каза, че влакът от София закъснява с повече от два часа?|"
    "През есента гората става жълта и червена, а въздухът мирише на дим.",
    "el": "Ο γέρος ψαράς κατεβαίνει κάθε πρωί στο λιμάνι για να φτιάξει τα δίχτυα του.|"
    "Τα παιδιά έτρεχαν χαρούμενα στην παραλία ώσπου άρχισε να βρέχει.|"
    "Γιατί δεν μου είπες ότι το τρένο από την Αθήνα θα αργήσει δύο ώρες;|"
    "Την άνοιξη οι λόφοι γεμίζουν λουλούδια και ο αέρας μυρίζει θυμάρι.",
    "tr": "Yaşlı balıkçı her sabah güneş doğmadan önce denize açılır ve şarkı söyler.|"
    "Çocuklar bahçede oynarken yağmur başladı, hepsi eve doğru koştular.|"
    "İstanbul’dan gelen trenin iki saat gecikeceğini bana niçin söylemedin?|"
    "Güzel kızın ağabeyi köydeki küçük fırında taze ekmek pişiriyor.",
    "he": "הדייג הזקן יורד בכל בוקר אל הנמל כדי לתקן את הרשתות שלו.|"
    "הילדים רצו על החוף בשמחה עד שהתחיל לרדת גשם חזק מאוד.|"
    "למה לא אמרת לי שהרכבת מירושלים תאחר היום בשעתיים שלמות?|"
    "באביב הגבעות מתמלאות בפרחים והאוויר מלא בריח של עשבים טריים.",
    "ar": "ينزل الصياد العجوز كل صباح إلى الميناء ليصلح شباكه القديمة قبل الشروق.|"
    "كان الأطفال يركضون على الشاطئ بفرح حتى بدأ المطر ينزل بغزارة.|"
    "لماذا لم تخبرني أن القطار القادم من القاهرة سيتأخر ساعتين كاملتين؟|"
    "في الربيع تمتلئ التلال بالأزهار ويفوح الهواء برائحة الزعتر البري.",
    "lt": "Senas žvejys kiekvieną rytą eina prie ežero taisyti savo tinklų.|"
    "Vaikai džiaugsmingai bėgiojo po paplūdimį, kol pradėjo smarkiai lyti.|"
    "Kodėl man nepasakei, kad traukinys iš Šiaulių vėluos net dvi valandas?|"
    "Pavasarį kalvos pražysta gėlėmis, o oras kvepia šviežia žole ir medumi.",
    "lv": "Vecais zvejnieks katru rītu dodas uz ezeru, lai salabotu savus tīklus.|"
    "Bērni priecīgi skrēja pa pludmali, līdz sāka stipri līt lietus.|"
    "Kāpēc tu man neteici, ka vilciens no Rīgas kavēsies veselas divas stundas?|"
    "Pavasarī pakalni piepildās ar ziediem, un gaiss smaržo pēc zāles un medus.",
    "vi": "Người đánh cá già mỗi sáng đều xuống bến cảng để vá lại những tấm lưới.|"
    "Bọn trẻ chạy nhảy vui vẻ trên bãi biển cho đến khi trời bắt đầu mưa to.|"
    "Tại sao anh không nói với tôi rằng chuyến tàu từ Huế sẽ đến trễ hai giờ?|"
    "Mùa xuân, những ngọn đồi đầy hoa và không khí thơm mùi cỏ mới cắt.",
    "th": "ชายชราชาวประมงลงไปที่ท่าเรือทุกเช้าเพื่อซ่อมแหของเขา|"
    "เด็ก ๆ วิ่งเล่นบนชายหาดอย่างมีความสุขจนกระทั่งฝนเริ่มตกหนัก|"
    "ทำไมคุณไม่บอกฉันว่ารถไฟจากเชียงใหม่จะมาช้าสองชั่วโมง|"
    "ในฤดูใบไม้ผลิ เนินเขาเต็มไปด้วยดอกไม้และอากาศหอมกลิ่นหญ้า",
    "ja": "年老いた漁師は毎朝、港へ下りて古い網を直している。|"
    "子供たちは雨が降り始めるまで、砂浜を楽しそうに走り回った。|"
    "京都からの電車が二時間も遅れると、なぜ教えてくれなかったのですか。|"
    "春になると丘は花でいっぱいになり、空気は草のにおいがする。",
    "zh-hans": "年老的渔夫每天早晨都到港口去修补他那张旧渔网。|"
    "孩子们在沙滩上高兴地跑来跑去，直到天开始下大雨。|"
    "你为什么没有告诉我，从北京来的火车要晚点两个小时？|"
    "春天来了，山坡上开满了鲜花，空气里都是青草的味道。",
    "zh-hant": "年老的漁夫每天早晨都到港口去修補他那張舊漁網。|"
    "孩子們在沙灘上高興地跑來跑去，直到天開始下大雨。|"
    "你為什麼沒有告訴我，從臺北來的火車要晚點兩個小時？|"
    "春天來了，山坡上開滿了鮮花，空氣裡都是青草的味道。",
    "ko": "늙은 어부는 매일 아침 항구로 내려가서 낡은 그물을 고친다.|"
    "아이들은 비가 쏟아지기 시작할 때까지 바닷가에서 즐겁게 뛰어놀았다.|"
    "부산에서 오는 기차가 두 시간이나 늦는다고 왜 말해 주지 않았니?|"
    "봄이 되면 언덕은 꽃으로 가득하고 공기에서는 풀 냄새가 난다.",
}
ENCODINGS = {
    "en": "windows-1252 macintosh",
    "de": "windows-1252 macintosh iso-8859-15",
    "fr": "windows-1252 macintosh",
    "es": "windows-1252 iso-8859-15",
    "it": "windows-1252",
    "pt": "windows-1252 iso-8859-15",
    "sv": "windows-1252 macintosh",
    "da": "windows-1252",
    "fi": "windows-1252 iso-8859-10",
    "is": "windows-1252",
    "pl": "windows-1250 iso-8859-2",
    "cs": "windows-1250 iso-8859-2",
    "hu": "windows-1250 iso-8859-2",
    "hr": "windows-1250 iso-8859-2",
    "ro": "iso-8859-16",
    "ru": "windows-1251 koi8-r ibm866 iso-8859-5 x-mac-cyrillic utf-16be",
    "uk": "windows-1251 koi8-u",
    "bg": "windows-1251",
    "el": "windows-1253 iso-8859-7",
    "tr": "windows-1254",
    "he": "windows-1255 iso-8859-8-i",
    "ar": "windows-1256 iso-8859-6",
    "lt": "windows-1257 iso-8859-13",
    "lv": "windows-1257 iso-8859-13",
    "vi": "windows-1258",
    "th": "windows-874",
    "ja": "shift_jis euc-jp iso-2022-jp utf-16le",
    "zh-hans": "gbk gb18030",
    "zh-hant": "big5",
    "ko": "euc-kr utf-16le",
}
EVERYWHERE = "utf-8 utf-8 utf-16le"
PAIRS = tuple(
    (language, name)
    for language, names in ENCODINGS.items()
    for name in (names if "utf-16" in names else f"{names} utf-8").split()
)
KINDS = ("http", "meta", "pragma", "late", "none", "wrong meta", "wrong http", "damaged", "mark")
WRONG = ("iso-8859-1", "utf-8", "windows-1252", "windows-1251", "gb2312", "shift_jis", "iso-8859-2")
_PLAIN = str.maketrans({"’": "'", "“": '"', "”": '"', "–": "-", "œ": "oe", "€": "EUR", "£": "GBP"})
_CODECS = {
    "macintosh": "mac-roman",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac-cyrillic",
    "iso-8859-8-i": "iso-8859-8",
    "ibm866": "cp866",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
}
_STYLE = "<style>.a{margin:0 auto;padding:1em} #menu a:hover{color:#c00}</style>"
_SCRIPT = "<script>window.dataLayer=window.dataLayer||[];function f(a){return a>1&&a<5}</script>"


@dataclass(frozen=True)
class EncodedPage:
    """A page's bytes, the label of the server, and what it says."""

    data: bytes
    declared: str
    sentences: tuple[str, ...]
    name: str  # language, encoding, kind


def pages(count: int, seed: int, languages: str = "") -> Iterator[EncodedPage]:
    """Make pages: every language with each of its encodings, in every kind, long and short."""
    chosen = random.Random(seed)
    wanted = [pair for pair in PAIRS if not languages or pair[0] in languages.split()]
    combinations = [
        (language, name, kind, length)
        for language, name in wanted
        for kind in KINDS
        for length in ("short", "page")
    ]
    chosen.shuffle(combinations)
    for number in range(count):
        language, name, kind, length = combinations[number % len(combinations)]
        yield _page(chosen, language, name, kind, length)


def encoded(text: str, name: str) -> bytes:
    """Give the bytes of a text in an encoding; raises UnicodeEncodeError."""
    if name == "windows-1258":
        text = "".join(map(_vietnamese, unicodedata.normalize("NFC", text)))
    codec = _CODECS.get(name, name.replace("windows-", "cp"))
    return text.encode("utf-16-le" if name == "utf-16le" else codec)


def lines(text: str) -> list[str]:
    """Give the paragraphs of such a page, composed."""
    parts = text.split("<p>")[1:]
    return [unicodedata.normalize("NFC", part.split("</p>")[0]) for part in parts]


def _vietnamese(character: str) -> str:
    """Windows-1258 has letters, and tones by themselves."""
    try:
        character.encode("cp1258")
    except UnicodeEncodeError:
        base, *marks = list(unicodedata.normalize("NFD", character))
        tones = [mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323"]
        others = [mark for mark in marks if mark not in tones]
        return unicodedata.normalize("NFC", "".join([base, *others])) + "".join(tones)
    return character


def _page(chosen: random.Random, language: str, name: str, kind: str, length: str) -> EncodedPage:
    written = [_writable(line, name) for line in SENTENCES[language].split("|")]
    sentences = chosen.sample(written, chosen.randint(1, 2) if length == "short" else 4)
    if length == "page":
        sentences = sentences * chosen.randint(2, 6)
    label, declared = _label(chosen, name, kind)
    filler = (_STYLE + _SCRIPT) * (0 if length == "short" else chosen.randint(1, 4))
    if kind == "late":
        filler = _SCRIPT * 20
    links = '<div class="menu"><a href="/a.html">Home</a></div>' if length == "page" else ""
    body = "".join(f"<p>{sentence}</p>\n" for sentence in sentences)
    head = f"<html><head>{filler if kind == 'late' else ''}{label}<title>t</title>"
    text = f"{head}{'' if kind == 'late' else filler}</head><body>{links}{body}</body></html>"
    data = encoded(text, name)
    if kind == "damaged":
        data = _damaged(chosen, data, name)
    if kind == "mark" and name in ("utf-8", "utf-16le", "utf-16be"):
        data = encoded("\ufeff", name) + data
    about = f"{language} {name} {kind} {length}"
    return EncodedPage(data, declared, tuple(map(_composed, sentences)), about)


def _composed(sentence: str) -> str:
    return unicodedata.normalize("NFC", sentence)


def _writable(sentence: str, name: str) -> str:
    """A sentence as an editor would write it who has this encoding only."""
    try:
        encoded(sentence, name)
    except UnicodeEncodeError:
        return sentence.translate(_PLAIN)
    return sentence


def _label(chosen: random.Random, name: str, kind: str) -> tuple[str, str]:
    """The label in the page and the server's."""
    if name.startswith("utf-16") and kind != "http":
        return "", ""
    if kind == "http":
        return "", name
    if kind in ("meta", "late"):
        return f'<meta charset="{name}">', ""
    if kind == "pragma":
        return f'<meta http-equiv=Content-Type content="text/html; charset={name}">', ""
    wrong = chosen.choice([label for label in WRONG if label[:8] != name[:8]])
    if kind == "wrong meta":
        return f'<meta charset="{wrong}">', ""
    if kind == "wrong http":
        return f'<meta charset="{name}">', wrong
    return "", ""


def _damaged(chosen: random.Random, data: bytes, name: str) -> bytes:
    """One to three stray bytes between paragraphs, or the end of the page lost."""
    if name.startswith("utf-16") or chosen.random() < 0.4:
        return data[: len(data) * 9 // 10]
    parts = data.split(b"</p>")
    for _ in range(chosen.randint(1, 3)):
        parts.insert(chosen.randint(1, len(parts) - 1), b"<p>A stray \xe9 byte.")
    return b"</p>".join(parts)


def judge(page: EncodedPage, text: str) -> tuple[int, int, int]:
    """Count sentences that came out right, broken for everyone to see, and as mojibake."""
    right = broken = wrong = 0
    for line in lines(text):
        if line in page.sentences:
            right += 1
        elif any(character in line for character in "\ufffd") or _is_cut(line, page):
            broken += 1
        elif "stray" not in line:
            wrong += 1
    return right, broken, wrong


def _is_cut(line: str, page: EncodedPage) -> bool:
    return any(sentence.startswith(line.rstrip("\ufffd")) for sentence in page.sentences)


def readable(name: str, sentence: str) -> bool:
    """Say whether a sentence survives its encoding, which this module should ask for only."""
    return _composed(decode(encoded(sentence, name), name)) == _composed(sentence)
