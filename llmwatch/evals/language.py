"""Which language a text is in, by its script and its commonest words, and which one a prompt asks for.

Guessed only where it is clear: a wrong alarm is worse than none.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from llmwatch.config.evals import Language

NAMES: Final[dict[str, Language]] = {
    "Arabic": "ar", "Chinese": "zh", "Dutch": "nl", "English": "en", "French": "fr", "German": "de",
    "Greek": "el", "Hebrew": "he", "Hindi": "hi", "Italian": "it", "Japanese": "ja", "Korean": "ko",
    "Polish": "pl", "Portuguese": "pt", "Russian": "ru", "Spanish": "es", "Swedish": "sv", "Turkish": "tr",
    "Ukrainian": "uk",
}  # fmt: skip
TITLES: Final = {code: name for name, code in NAMES.items()}

_READ: Final = 600
"""Characters that are looked at."""
_ENOUGH: Final = 4
"""Common words, or characters of a script, that make a guess."""
_CLEARLY: Final = 2
"""How many times as many as the next best language has."""

_COMMON: Final[dict[Language, str]] = {
    "en": "the and of to in is that it for you with on are this be not have from or as was your but they at",
    "de": "der die das und ist nicht ein eine zu den mit sich auf für von im dem es auch wie sie ich bei",
    "fr": "le la les et est un une des du que pour dans pas vous qui sur avec ce il au sont plus nous par",
    "es": "el la los las y es un una de que en no se por con para su al lo del más pero como está",
    "it": "il lo la gli e è un una di che in non per con si del della sono più ma come anche nel questo",
    "nl": "de het een en is van niet dat in te op voor met zijn aan er maar ook als bij deze naar wordt kan",
    "pt": "o os a as e é um uma de que em não se por com para do da no na mais mas como são",
    "pl": "i w nie się na z do jest to że jak o po co ale dla przez od za są być może tylko lub",
    "sv": "och det att en ett är inte som på för med den av till om var har de kan jag så från men eller",
    "tr": "ve bir bu için ile de da çok daha olarak gibi ne en olan kadar değil ama var sonra her o mi ya şu",
}
_BY_WORD: Final[dict[str, tuple[Language, ...]]] = {}
for _code, _words in _COMMON.items():
    for _word in _words.split():
        _BY_WORD[_word] = (*_BY_WORD.get(_word, ()), _code)

_SCRIPTS: Final[tuple[tuple[Language, re.Pattern[str]], ...]] = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
)
"""Japanese before Chinese, whose characters it uses too."""
_UKRAINIAN: Final = re.compile("[іїєґ]")

_ASKS: Final = ("nswer in ", "espond in ", "eply in ", "rite in ", " only in ", " always in ")
"""One of these stands before the language where it is asked for; looking for them is cheap."""
_ASKED: Final = re.compile(
    rf"(?<!not )(?:\b[Aa]nswer|\b[Rr]espond|\b[Rr]eply|\b[Ww]rite|only|always) in ({'|'.join(NAMES)})"
    r"(?=\s*(?:[.,;:!?)\n]|$|only\b|please\b))"
)
_TRANSLATE: Final = re.compile(rf"\b[Tt]ranslate\b[^.\n]{{0,60}}?\b(?:in)?to ({'|'.join(NAMES)})\b")


def language_of(text: str) -> Language | None:
    """The language of ``text``; None where it is not clear."""
    text = text[:_READ]
    if not text.isascii():
        counts = [(code, len(script.findall(text))) for code, script in _SCRIPTS]
        letters = sum(map(str.isalpha, text))
        kana = counts[0][1]
        for code, count in counts:
            # A Japanese text is half kanji, which are Chinese characters.
            if count >= _ENOUGH and (count + (counts[1][1] if kana else 0)) * 2 > letters:
                return "uk" if code == "ru" and _UKRAINIAN.search(text.lower()) else code
    # Words with a comma at their end are missed: it takes a tenth of what finding them exactly would.
    hits = Counter(code for word in text.lower().split() if word in _BY_WORD for code in _BY_WORD[word])
    best = hits.most_common(2)
    if not best or best[0][1] < _ENOUGH:
        return None
    if len(best) > 1 and best[0][1] < _CLEARLY * best[1][1]:
        return None
    return best[0][0]


def asked_for(text: str) -> Language | None:
    """The language that ``text`` clearly asks its answer to be in; None when it does not."""
    found = list(_ASKED.finditer(text)) if [sign for sign in _ASKS if sign in text] else []
    if "ranslate" in text:
        found += _TRANSLATE.finditer(text)
    return NAMES[max(found, key=re.Match.start)[1]] if found else None
