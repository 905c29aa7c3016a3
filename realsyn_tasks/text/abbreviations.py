"""What a stop may end without ending a sentence, by what it asks for.

One that is written with a capital here is an ordinary word without: Sun. and the sun.
"""

from __future__ import annotations

from realsyn_tasks.text.whitespace import word_set

# A name follows.
TITLES = word_set(
    "mr mrs ms mx dr drs prof profs rev hon messrs mme mlle mlles mgr msgr gen maj Col lt capt cpt"
    " cmdr cdr adm sgt cpl pvt Sen Rep gov pres supt insp Fr Br Dom Sra Srta ste Mt"
)
# More of the same sentence follows, whatever it is.
DEMANDING = word_set(
    "e.g eg i.e i.a cf cp viz vs v approx ca circa esp incl excl resp usu orig abbr var subsp ssp"
    " trans pron cie bzw z.b d.h u.a"
)
# A number follows, or else it is an ordinary word.
COUNTED = word_set("no art app pop long alt ex op max min temp col sec fig para")
# A number follows, or a name.
NUMBERED = word_set(
    "nos nr figs eq eqs eqn eqns sect sects secs ch chap chaps vol vols p pp pg pgs arts apps tab"
    " tabs pl pls pt pts exs paras fol fols cols bk bks ser nn ff fl est ver lat ht"
    " Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec"
)
# Something was measured, counted or timed; a name seldom follows.
UNITS = word_set(
    "a.m p.m am pm etc lb lbs oz ft in yd yds mi hr hrs mins tsp tsps tbsp tbsps km kg cm mm ml hz"
    " kw mph gal qt cu doz pkg"
)
# A name may follow, or a sentence.
POINTED = word_set(
    "jr sr inc ltd co corp bros plc llc gmbh ave blvd rd st ln hwy bldg ft dept univ inst assn"
    " assoc acad ed eds edn al sp spp et tel dist prov deg sq avg illus introd suppl ibid pseud"
    " esq govt natl intl mfg ph.d d.phil b.sc m.sc Mass Conn Calif Fla Ore Penn Tenn Minn Wash"
    " Ariz Okla Colo Mich Wis Ill Ind Tex Kan Neb Nev Mon Tue Tues Wed Thu Thur Thurs Fri Sat"
    " Sun"
)
