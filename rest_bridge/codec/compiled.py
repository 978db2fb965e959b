"""A registry of functions compiled once per message type."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import Descriptor

Function = Callable[[Any], Any]


class Compiled(ABC):
    """Makes the function of a message type when it is first asked for, and keeps it."""

    def __init__(self) -> None:
        self._ready: dict[Descriptor, Function] = {}
        self._in_making: dict[Descriptor, Function] = {}
        self._lock = threading.RLock()

    def of(self, descriptor: Descriptor) -> Function:
        """The function of this message type."""
        return self._ready.get(descriptor) or self._make(descriptor)

    def _make(self, descriptor: Descriptor) -> Function:
        with self._lock:
            known = self._ready.get(descriptor) or self._in_making.get(descriptor)
            if known is not None:
                return known
            self._in_making[descriptor] = self._forward(descriptor)
            try:
                self._ready[descriptor] = self.compile(descriptor)
            finally:
                del self._in_making[descriptor]
            return self._ready[descriptor]

    def _forward(self, descriptor: Descriptor) -> Function:
        """What a message that contains itself finds while its own function is being made."""

        def run(value: Any) -> Any:
            return self.of(descriptor)(value)

        return run

    @abstractmethod
    def compile(self, descriptor: Descriptor) -> Function:
        """Makes the function of a message type; may ask `of` for the types of its fields."""
