"""What the names of columns suggest: that values identify things, are codes, or are the time of the rows."""

from __future__ import annotations

import re

#: Words of columns whose values identify things.
_KEYS = frozenset("id ids guid identifier ident key uuid pid uid".split())
#: Words for numbers, which can also count things: a key only if they stand alone or after a thing.
_NUMBERS = frozenset("nr no".split())
#: Words of keys whose things are kinds rather than single ones.
_KINDS = frozenset(
    "brand cat category channel city class color colour country currency department genre group kind language region segment "
    "state status type".split()
)
#: Living beings, and other things that can have several rows each.
_BEINGS = frozenset(
    "animal athlete bird calf cat chick child client cow customer dog driver employee fish individual judge member mother "
    "mouse owner participant patient person pig player pupil rat rater respondent sheep sibling student subj subject "
    "teacher tree twin user visitor".split()
)
_ENTITIES = _BEINGS | frozenset(
    "account batch block brood case class classroom cluster company couple device dist district doc doctor family firm "
    "herd hh hospital household litter machine obs order pair panel plant plate plot prov provider record school seq "
    "serial stratum supplier vehicle worker".split()
)
#: Ends of names that are written without a separator, such as `schoolid` and `docno`.
_ENDS = ("id", "no", "nr", "num", "code")
#: Words of columns whose numbers are names of categories.
_CODES = frozenset("code codes zip zipcode postcode postal plz fips sic isic naics icd msa cusip".split())
#: Words that number rows.
_ROW_NUMBERS = frozenset("index number obs obsno observation row rowid rownames seq seqno".split())


def words(name: str) -> set[str]:
    """Return the words of a name, in lower case: `customerId` and `Customer ID` have the same words."""
    return {word.casefold() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+", name)}


def says_key(name: str) -> bool:
    """Whether a name suggests that values identify things: `id`, `Customer ID`, `schoolid`, `docno`."""
    found = words(name)
    numbered = found in ({"nr"}, {"no"}) or bool(_NUMBERS & found and _ENTITIES & found and "of" not in found)
    return bool(_KEYS & found) or numbered or _entity_before(name, _ENDS[:4])


def says_kind(name: str) -> bool:
    """Whether a key is one of a kind of things, such as `category_id`, or may be something else, such as `key`."""
    return bool(_KINDS & words(name)) or name.strip().casefold() == "key"


def says_entity(name: str) -> bool:
    """Whether a name is that of a thing which can have several rows, such as `subject`."""
    return says_key(name) or bool(_ENTITIES & words(name))


def is_being(name: str) -> bool:
    """Whether a name is nothing but that of a living being."""
    return name.strip().casefold() in _BEINGS


def says_code(name: str) -> bool:
    """Whether a name suggests that numbers are the names of categories."""
    return bool(_CODES & words(name)) or _entity_before(name, _ENDS)


def says_row(name: str) -> bool:
    """Whether a name suggests that values name the rows."""
    return bool(_ROW_NUMBERS & words(name)) or says_key(name)


def _entity_before(name: str, ends: tuple[str, ...]) -> bool:
    """Whether a word is a thing with an end, such as `firmid`, or one letter with it, such as `hid`."""
    for word in words(name):
        for end in ends:
            rest = word.removesuffix(end)
            if rest != word and (rest in _ENTITIES or rest in ("f", "h", "p")):
                return True
    return False
