"""Reading options of ours from descriptors (the generated types do not know extensions)."""

from typing import Any

from google.protobuf.message import Message


def option(options: Message, extension: Any) -> Any:
    """The value of an extension, its default when it is not set."""
    return options.Extensions[extension]


def has_option(options: Message, extension: Any) -> bool:
    """Whether an extension is set."""
    return bool(options.HasExtension(extension))
