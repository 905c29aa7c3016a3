"""Made-up English: sentences from seeded patterns, and what sites say around them."""

from __future__ import annotations

import random
import re

_SLOTS = {
    "adj": "old narrow quiet heavy wooden bright crooked shallow rusty golden frozen dusty steep"
    " pale hollow broad gentle famous lonely damp polished cracked warm distant",
    "who": "keeper|painter|baker|carpenter|ferryman|gardener|young teacher|retired miner|night"
    " watchman|clockmaker|fisherman|village doctor|travelling printer|stonemason|harbour pilot"
    "|weaver|glassblower|shepherd|river guide|organ builder|saddler|beekeeper",
    "who2": "neighbours|children|visitors|apprentices|sailors|farmers|students|pilgrims|merchants"
    "|hikers|musicians|villagers|dock workers|volunteers",
    "thing": "bridge|lighthouse|tower|mill|chapel|orchard|workshop|harbour wall|market hall|barn"
    "|windmill|fountain|railway station|library|greenhouse|boathouse|quarry|cottage|town gate",
    "object": "lantern|basket of apples|copper kettle|leather satchel|wooden ladder|violin|net"
    "|barrel of herring|pocket watch|woollen blanket|clay jug|coil of rope|painted sign|map"
    "|bundle of letters|stone bowl|silver spoon|toolbox",
    "place": "Arnmouth|Velden|Little Harrow|Castle Bay|Ostrava Street|Kilmory|the Brenna valley"
    "|Saint Aldwin|North Quay|the lower marsh|Tarn Hill|Port Ellery|the Dunmore estate|Halden",
    "when": "before sunrise|in the spring of 1874|during the long winter|every market day|last"
    " autumn|after the great flood|late in the evening|for almost forty years|in early March"
    "|between two storms|on the first Sunday of May|at the end of the harvest|around 1911",
    "did": "repaired|carried|painted|measured|sold|borrowed|polished|hid|described|examined"
    "|delivered|found|exchanged|sketched|rebuilt|inspected",
    "why": "because the road was closed|although nobody had asked for it|so that the cargo stayed"
    " dry|while the tide was low|until the money ran out|when the church bell rang twice|as the"
    " mist lifted from the fields|even though the roof still leaked",
    "mat": "oak|slate|copper|limestone|brick|wrought iron|birch bark|clay|sandstone|pine",
    "animal": "heron|fox|donkey|goat|barn owl|otter|sheepdog|swallow|red squirrel|carthorse",
    "number": "three seven twelve nineteen forty sixty-two 140 2,300 eleven twenty-six",
    "name": "Ada Finch|Tomas Reyk|Mrs Calloway|Henrik Lund|Orla Byrne|Jakob Stein|Mabel O’Rourke"
    "|Pieter Claes|Ines Duarte|Walter Pym|Greta Holm|Samuel Okoro",
}
WORDS = {
    slot: tuple(words.split("|") if "|" in words else words.split())
    for slot, words in _SLOTS.items()
}
PATTERNS = (
    "The {who} {did} the {adj} {object} {when} {why}.",
    "{when^}, {number} {who2} gathered near the {adj} {thing} of {place} and waited for the ferry.",
    "The {thing} at {place} was built of {mat} and {mat}, with a {adj} roof and {number} windows.",
    "A {adj} {animal} crossed the yard behind the {thing} {when}, and the {who2} followed it.",
    "{name} kept a {object} in the {adj} room above the {thing} {why}.",
    "Nobody in {place} remembers who first {did} the {object}, yet the {who} tells the story.",
    "Along the {adj} path to the {thing}, {who2} planted {number} trees {when}.",
    "Most of the {mat} came from the {adj} hills around {place}, where the {who} knew each path.",
    "“We {did} the {object} ourselves,” said {name}, who lives beside the {adj} {thing}.",
    "It took the {who2} {number} days to move the {object} from {place} to the {thing}.",
    "The {adj} {object} that {name} {did} {when} is now shown in the {thing}.",
    "Rain fell on {place} for {number} days, and the {adj} {thing} stood in water {why}.",
    "In the photograph, the {who} holds a {adj} {object} in front of the {mat} door.",
    "Without the {who}, the {who2} would hardly have {did} the {thing} {when}.",
    "Each {object} was made of {mat}, marked with a {adj} star and sold at {place} {when}.",
    "The water below the {thing} is {adj} and cold; a {animal} hunts there {when}.",
    "When {name} arrived at {place}, the {thing} had been empty for {number} years.",
    "Two {who2} carried the {adj} {object} across the {thing} {why}.",
    "The council of {place} paid {name} to restore the {thing}, its {mat} walls and its bell.",
    "Above the door of the {thing} hangs a {adj} {object} that the {who} {did} {when}.",
    "Some say the {animal} on the coat of arms of {place} comes from the {adj} {thing}.",
    "From the {thing} a {adj} road leads to {place}, which the {who2} use {when}.",
    "The {who} measured the {mat} beam twice, cut it slowly and set it beside the {object}.",
    "By the time the {who2} returned, {name} had {did} both the {object} and the {adj} {thing}.",
    "There are {number} steps to the top of the {thing}, and the {adj} view reaches {place}.",
)
CAPTIONS = (
    "The {adj} {thing} of {place}, seen from the {mat} pier.",
    "A {animal} rests beside the {adj} {object} in {place}.",
    "{name} shows the {object} of {mat} to a group of {who2}.",
    "{number^} {who2} wait in front of the {thing} {when}.",
    "The {who} works on a {adj} {object} near the {thing}.",
)
TITLES = (
    "How the {who} saved the {thing}",
    "The {adj} {thing} of {place}",
    "{name} and the {adj} {object}",
    "A walk to the {thing} of {place}",
    "What the {who2} of {place} left behind",
)
HEADINGS = (
    "The {thing} today",
    "History of the {thing}",
    "A {adj} {object}",
    "Getting to {place}",
    "Work of the {who}",
)
_SLOT = re.compile(r"\{(\w+)(\^?)\}")
JUNK = {  # what sites say around their pages
    "cookies": (
        "We use cookies and similar technologies to give you the best experience on our site.",
        "This website stores cookies on your computer to remember you and improve our service.",
        "By clicking Accept all you agree to the storing of cookies on your device.",
        "We and our 214 partners store and access information on a device, such as cookies.",
    ),
    "newsletter": (
        "Sign up for our weekly newsletter and never miss a story.",
        "Get the best of our reporting delivered to your inbox every Friday.",
        "Join 12,000 readers who receive our letter each week, free of charge.",
        "Enter your e-mail address to subscribe and be told of new posts.",
    ),
    "rights": (
        "All rights reserved. No part of this site may be reproduced without permission.",
        "© 2023 Harbour Media Ltd. Registered in England and Wales, company number 0482931.",
        "Content is available under the terms stated in our conditions of use.",
        "Powered by a theme that we made with love and far too much coffee.",
    ),
    "author": (
        "{name} is a staff writer who covers crafts and travels with a camera.",
        "{name} has written for several magazines and lives near the coast.",
    ),
    "share": ("Share this", "Tweet", "Pin it", "Share on Facebook", "E-mail to a friend"),
    "comment": (
        "Great post, thanks a lot for sharing this with all of us!",
        "I was there with my parents in 1987 and it looked exactly the same.",
        "Does anybody know whether they open on Mondays as well?",
        "Could you please write more about the tools that were used?",
    ),
    "hidden": (
        "Skip to main content",
        "Opens in a new window",
        "Press the escape key to close this dialog",
    ),
    "paywall": (
        "You have read two of your three free articles this month.",
        "Subscribe now for unlimited access to all of our stories.",
    ),
}
MENU = (
    "Home About Contact News Archive Shop Gallery Events Visit Collections Research Blog Support"
    " Careers Press Travel Culture Sport Weather Opinion Pricing Docs Community Login Imprint"
).split()


class Wording:
    """Made-up words of one page; no sentence comes twice."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self._said: set[str] = set()

    def sentence(self) -> str:
        return self._new(PATTERNS)

    def caption(self) -> str:
        return self._new(CAPTIONS)

    def title(self) -> str:
        return self._new(TITLES)

    def heading(self) -> str:
        return self._new(HEADINGS)

    def name(self) -> str:
        return self.random.choice(WORDS["name"])

    def date(self) -> str:
        months = "January March May June August October November".split()
        return f"{self.random.randint(1, 28)} {self.random.choice(months)} 2021"

    def junk(self, kind: str) -> str:
        return self._filled(self.random.choice(JUNK[kind]))

    def menu(self, count: int) -> list[str]:
        return self.random.sample(MENU, count)

    def _new(self, patterns: tuple[str, ...]) -> str:
        while True:
            text = self._filled(self.random.choice(patterns))
            if text not in self._said:
                self._said.add(text)
                return text

    def _filled(self, pattern: str) -> str:
        def word(match: re.Match[str]) -> str:
            chosen = self.random.choice(WORDS[match[1]])
            return chosen[0].upper() + chosen[1:] if match[2] else chosen

        return _SLOT.sub(word, pattern)
