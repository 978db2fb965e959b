"""What the codec raises: errors that name fields, sizes that are refused, rules that do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from google.protobuf.message import DecodeError, EncodeError, Message

M = TypeVar("M", bound=Message)

BODY = "body"  # the key of an error about the whole body
TOO_DEEP = "The body is nested too deeply."
MOST_ERRORS = 100  # one answer never lists more: a body may hold thousands of faults
LONGEST_NAME = 100  # characters of a caller's own field name that an error repeats


class FieldErrors(ValueError):
    """A value does not have the shape of its message; `errors` maps dotted field paths to messages.

    Inside the codec the path `""` stands for the value at hand; `at_top()` gives it its public name.
    """

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__(errors)
        self.errors = dict(errors)

    def __str__(self) -> str:
        return "; ".join(f"{path or BODY}: {' '.join(texts)}" for path, texts in self.errors.items())

    def at_top(self) -> FieldErrors:
        """The same errors, those about the whole value under the key `body`."""
        return FieldErrors({path or BODY: texts for path, texts in self.errors.items()})


class TooLarge(ValueError):
    """The body exceeds a limit on bytes, depth or number of values."""


class RuleError(ValueError):
    """An HTTP rule does not fit the request message it is declared for."""


class Faults:
    """Errors collected while one value is read, each under its path below that value."""

    def __init__(self) -> None:
        self.errors: dict[str, list[str]] = {}

    def add(self, path: str, text: str) -> None:
        """Notes one error; silently full after `MOST_ERRORS` paths."""
        if path in self.errors:
            self.errors[path].append(text)
        elif len(self.errors) < MOST_ERRORS:
            self.errors[path] = [text]

    def is_full(self) -> bool:
        """Whether reading on would tell no more."""
        return len(self.errors) >= MOST_ERRORS

    def nest(self, name: object, below: FieldErrors) -> None:
        """Takes over the errors of the value `name` (a field, a key or an index)."""
        head = shorten(str(name))
        self.take(
            FieldErrors({f"{head}.{path}" if path else head: texts for path, texts in below.errors.items()})
        )

    def take(self, others: FieldErrors) -> None:
        """Takes over errors under the paths they have."""
        for path, texts in others.errors.items():
            for text in texts:
                self.add(path, text)

    def raise_any(self) -> None:
        """Raises the collected errors, if there are any."""
        if self.errors:
            raise FieldErrors(self.errors)


def travelling(message: M) -> M:
    """The message, if a receiver could read it from the wire, where nesting has a limit; raises TooLarge."""
    try:
        type(message).FromString(message.SerializeToString())
    except (DecodeError, EncodeError):
        raise TooLarge(TOO_DEEP) from None
    return message


def refused(text: str) -> FieldErrors:
    """The error of the value at hand."""
    return FieldErrors({"": [text]})


def wrong_type(expected: str, value: object) -> FieldErrors:
    """The error for a JSON value of another type, such as `Expected a string, got a number.`"""
    return refused(f"Expected {expected}, got {json_type(value)}.")


def json_type(value: object) -> str:
    """The JSON type of a parsed value, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "an object"


def allowed(names: Iterable[str]) -> str:
    """The end of a sentence that lists what would have been right."""
    return "Allowed: " + (", ".join(names) or "none") + "."


def shorten(text: str) -> str:
    """A caller's own text, cut so that an error stays readable."""
    return text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME] + "..."
