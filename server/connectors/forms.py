"""The ways people write numbers, dates and truth: how each is recognised and read, as SQL on a text `{v}`."""

from dataclasses import dataclass

_SIGN = r"[(]?[+-]?\s?([$€£¥]|USD|EUR|GBP|CHF)?\s?[+-]?"
_AFTER = r"\s?([$€£¥%]|USD|EUR|GBP|CHF)?[)]?"
_POINT = r"([0-9]{1,3}(,[0-9]{3})+|0|[1-9][0-9]{0,17})(\.[0-9]+)?"
_COMMA = r"([0-9]{1,3}([. '’\x{a0}\x{202f}][0-9]{3})+|0|[1-9][0-9]{0,17})(,[0-9]+)?"
_DIGITS = "regexp_replace({v}, '[^0-9.,]', '', 'g')"
_NEGATIVE = "case when contains({v}, '-') or starts_with({v}, '(') then -1 else 1 end"
# Casts instead of patterns for the two forms every table has: several times faster. Written back, a code with
# leading zeros differs from its number; names of numbers (inf, nan) and 1_000 are no numbers here.
_WHOLE = (
    "case when cast(try_cast({v} as bigint) as varchar) = {v} and length({v}) <= 18 "
    "then try_cast({v} as bigint) end"
)
_DECIMAL = (
    "case when isfinite(try_cast({v} as double)) and not contains({v}, '_') "
    "and (not starts_with({v}, '0') or {v} = '0' or starts_with({v}, '0.')) "
    "and (abs(try_cast({v} as double)) < 1e18 or contains(lower({v}), 'e')) then try_cast({v} as double) end"
)
_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?\s?(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?"


@dataclass(frozen=True)
class Form:
    """One way of writing. `value` is null where the text is not of this form.

    `twin` names the form that the same text could also be: day first against month first.
    """

    word: str
    type: str
    value: str
    family: str
    twin: str = ""


def _plain(pattern: str, value: str) -> str:
    """The value where the whole text matches; braces of the pattern are doubled, since `{v}` is filled in later."""
    escaped = pattern.replace("{", "{{").replace("}", "}}").replace("'", "''")
    return f"case when regexp_full_match({{v}}, '{escaped}') then {value} end"


def _number(word: str, body: str, digits: str) -> Form:
    value = _plain(_SIGN + body + _AFTER, f"try_cast({digits} as double) * {_NEGATIVE}")
    return Form(word, "DOUBLE", value, "number")


def _words(word: str, true: str, false: str) -> Form:
    value = f"case lower({{v}}) when '{true}' then true when '{false}' then false end"
    return Form(word, "BOOLEAN", value, "boolean")


def _moment(pattern: str, twin: str = "", *, type_: str = "DATE") -> Form:
    # %Y takes two digits too: the year 24 is no year of a business.
    parsed = f"try_strptime({{v}}, '{pattern}')"
    value = f"case when {parsed} between '1000-01-01' and '9999-12-31 23:59:59' then {parsed} end"
    cast = f"cast({value} as date)" if type_ == "DATE" else value
    return Form(pattern, type_, cast, "time", twin)


def _short_year(pattern: str, twin: str = "") -> Form:
    # Two digits need their own check, or %y would read the first half of a longer year.
    shape = _plain(r".*[^0-9][0-9]{2}", f"try_strptime({{v}}, '{pattern}')")
    return Form(pattern, "DATE", f"cast({shape} as date)", "time", twin)


FORMS: tuple[Form, ...] = (
    Form("integer", "BIGINT", _WHOLE, "number"),
    Form("number", "DOUBLE", _DECIMAL, "number"),
    _number("1,234.5", _POINT, f"replace({_DIGITS}, ',', '')"),
    _number("1.234,5", _COMMA, f"replace(replace({_DIGITS}, '.', ''), ',', '.')"),
    _words("true", "true", "false"),
    _words("yes", "yes", "no"),
    _words("y", "y", "n"),
    _moment("%Y-%m-%d"),
    Form("iso", "TIMESTAMP", _plain(_ISO, "try_cast({v} as timestamptz) at time zone 'UTC'"), "time"),
    _moment("%Y/%m/%d"),
    _moment("%Y.%m.%d"),
    _moment("%d.%m.%Y"),
    _moment("%m/%d/%Y", "%d/%m/%Y"),
    _moment("%d/%m/%Y", "%m/%d/%Y"),
    _moment("%m-%d-%Y", "%d-%m-%Y"),
    _moment("%d-%m-%Y", "%m-%d-%Y"),
    _moment("%d %b %Y"),
    _moment("%d %B %Y"),
    _moment("%d-%b-%Y"),
    _moment("%b %d, %Y"),
    _moment("%B %d, %Y"),
    _moment("%Y-%m"),
    _moment("%b %Y"),
    _moment("%B %Y"),
    _short_year("%d-%b-%y"),
    _short_year("%m/%d/%y", "%d/%m/%y"),
    _short_year("%d/%m/%y", "%m/%d/%y"),
    _short_year("%d.%m.%y"),
    _moment("%Y/%m/%d %H:%M:%S", type_="TIMESTAMP"),
    _moment("%Y/%m/%d %H:%M", type_="TIMESTAMP"),
    _moment("%d.%m.%Y %H:%M:%S", type_="TIMESTAMP"),
    _moment("%d.%m.%Y %H:%M", type_="TIMESTAMP"),
    _moment("%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", type_="TIMESTAMP"),
    _moment("%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", type_="TIMESTAMP"),
    _moment("%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", type_="TIMESTAMP"),
    _moment("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", type_="TIMESTAMP"),
    _moment("%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %I:%M:%S %p", type_="TIMESTAMP"),
    _moment("%m/%d/%Y %I:%M %p", "%d/%m/%Y %I:%M %p", type_="TIMESTAMP"),
    _moment("%d/%m/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M:%S %p", type_="TIMESTAMP"),
    _moment("%d/%m/%Y %I:%M %p", "%m/%d/%Y %I:%M %p", type_="TIMESTAMP"),
)
BY_WORD = {form.word: form for form in FORMS}

CODE = "regexp_full_match({v}, '0[0-9]+|[0-9]{{19,}}')"
"""Digits that are a code, not a number: leading zeros, or more digits than numbers have."""

MISSING = (
    "",
    "na",
    "n/a",
    "#n/a",
    "null",
    "none",
    "nan",
    "nil",
    "-",
    "--",
    "?",
    "#value!",
    "#ref!",
    "#div/0!",
)
"""What people write, in small letters, where a number or a date is missing."""
