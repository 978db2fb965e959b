"""What is asked of the same facts more than once is worked out once."""

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


class Remembering(Protocol):
    """Something that never changes and keeps what was worked out of it."""

    @property
    def known(self) -> dict[Hashable, Any]:
        """What was worked out, by what was asked."""
        ...


Subject = TypeVar("Subject", bound=Remembering)


def once(
    function: Callable[Concatenate[Subject, Asked], Answer],
) -> Callable[Concatenate[Subject, Asked], Answer]:
    """The function, its answer kept with its first argument; the others must be hashable and the answer not changed."""

    @wraps(function)
    def asked(subject: Subject, /, *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        key = (function, args, *sorted(kwargs.items()))
        if key not in subject.known:
            subject.known[key] = function(subject, *args, **kwargs)
        answer: Answer = subject.known[key]
        return answer

    return asked
