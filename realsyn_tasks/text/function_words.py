"""The words of English that name nothing: articles, pronouns, prepositions, auxiliaries and such.

A closed class, so it is written down here and no model is asked.
"""

from __future__ import annotations

FUNCTION_WORDS = frozenset(
    """
    a an the this that these those such same other another each every either neither both all any
    some no none few many much more most less least several enough own
    i me my myself we us our ours ourselves you your yours yourself yourselves he him his
    himself she her hers herself it its itself they them their theirs themselves one ones oneself
    who whom whose which what whatever whichever whoever someone somebody something anyone anybody
    anything everyone everybody everything nobody nothing else
    be is are was were been being am do does did done doing have has had having will would shall
    should can could may might must ought cannot
    n't 's 're 've 'll 'd 'm ca wo sha not never
    of in on at by for with without within from to into onto off up down out over under above below
    between among through during before after since until till about against toward towards upon
    across along around behind beside besides beyond near per than as like via
    and or but nor so yet if unless because although though while whereas when whenever where
    wherever whether how why then thus therefore hence however also too very quite rather just only
    even still again already always often sometimes usually mostly here there now once ever
    perhaps maybe etc i.e e.g
    """.split()
)
