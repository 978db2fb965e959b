"""Characters and words that state a number, a unit, a sign or a period."""

import re
import unicodedata

SLOT = "\x00"  # stands where a bound name was taken out
FIGURE = "\x01"  # stands where a bound number was taken out

# Words that state a number without a digit. "One", "first", "second" and "once" are ordinary words too, and stay.
_NUMBER_WORDS = (
    "zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety twice thrice double doubles doubled "
    "doubling triple triples tripled tripling quadruple quadrupled quadrupling quintuple halve halved halves halving "
    "half thirds fifth fifths sixth seventh eighth ninth tenth tenths twelfth hundredth thousandth couple dozen dozens "
    "hundred hundreds thousand thousands lakh lakhs crore crores million millions billion billions trillion "
    "trillions twofold threefold fourfold fivefold tenfold hundredfold"
)
_UNIT_WORDS = (
    "percent percents percentage-point percentage-points pct permille pp ppt bps basis-point basis-points dollar "
    "dollars euro euros cent cents yen yuan rupee rupees franc francs krona kroner zloty sterling bn mn mio mrd tn"
)
# Units a number may be followed by; they are allowed elsewhere ("days that stand out"), not behind a bound number.
_FOLLOWING = (
    "%|‰|°|percent|per cent|point|points|percentage|pp|bps|ms|s|sec|secs|second|seconds|min|mins|minute|minutes|h|hr|"
    "hrs|hour|hours|day|days|week|weeks|month|months|quarters|year|years|decade|decades|k|m|b|mn|bn|tn|mio|mrd|million|"
    "billion|trillion|thousand|hundred|times|fold|x|kg|g|t|km|cm|mm|mi|miles|kb|mb|gb|tb|kwh|mwh|litres|liters|"
    "degrees|dollars|euros|pounds|yen|cents|half|halves"
)
_CURRENCY_CODES = (
    "AED ARS AUD BRL CAD CHF CLP CNY COP CZK DKK EUR GBP HKD HUF IDR ILS INR JPY KRW MXN MYR NOK NZD PHP PLN RON RUB "
    "SAR SEK SGD THB TRY TWD UAH USD VND ZAR"
)
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec"
)
_DAYS = "(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_LENGTHS = "(?:hour|day|week|weekend|month|quarter|half-year|year|decade|century)s?"
_SIGN = "\\-−‒–+±∓～~≈"

_LOOSE = re.compile(
    "|".join(
        (
            rf"(?i:\b(?:{'|'.join((_NUMBER_WORDS + ' ' + _UNIT_WORDS).split())})\b)",
            rf"\b(?:{'|'.join(_CURRENCY_CODES.split())})\b",
            # A share of something, not the calendar's quarter.
            r"(?i:\b(?:a|one|the) (?:quarters?|third) of\b)",
            r"(?i:\bquarters of\b)",
            # Roman numerals of two letters and more, and a lone letter that counts (V) or multiplies (K, M).
            r"\b(?=[MDCLXVI]{2})M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})\b",
            r"\b[VXLCDMK]\b",
            rf"\b(?:{_MONTHS})\b",
            rf"(?i:\b{_DAYS}\b)",
            rf"(?i:\b(?:last|next|previous|prior|this|past|coming|current) {_LENGTHS}\b)",
            r"(?i:\b(?:yesterday|today|tomorrow|tonight|nowadays|midnight|noon|christmas|easter)\b)",
            # A sign that stands before what was bound, or before nothing.
            rf"(?:^|(?<=[\s(\[“‘:,;]))[{_SIGN}][{SLOT}{FIGURE}]",
            rf"(?i:\b(?:minus|plus|negative)\s{FIGURE})",
            r"[±∓≈×÷^]",
        )
    )
)
_AFTER_FIGURE = re.compile(rf"\s?(?:%|‰|°|(?:{_FOLLOWING})(?![\w-]))", re.IGNORECASE)
_SYMBOLS = frozenset("%‰‱°")
ALLOWED = f"{SLOT}{FIGURE}\n\t"  # control characters


def loose(rest: str) -> str:
    """What states a number, a unit, a sign or a period in a text whose bound words are slots; empty when nothing does.

    Digits of any script, superscripts, fractions, numerals of other scripts and currency signs count by what Unicode
    says of them; invisible and direction-changing characters are refused, since they change what a reader sees.
    """
    for character in rest:
        if character.isascii():
            if character.isdigit() or character in "%$" or (character < " " and character not in ALLOWED):
                return character
        elif _states(character):
            return character
    found = _LOOSE.search(rest)
    return found.group() if found else ""


def _states(character: str) -> bool:
    kind = unicodedata.category(character)
    return (
        kind in {"Nd", "Nl", "No", "Sc", "Cf", "Cc", "Co", "Cs"}
        or character in _SYMBOLS
        or unicodedata.numeric(character, None) is not None
    )


def unit_after(text: str, place: int) -> str:
    """The unit that follows a number ending at the place, empty when none does."""
    found = _AFTER_FIGURE.match(text, place)
    return found.group().strip() if found else ""
