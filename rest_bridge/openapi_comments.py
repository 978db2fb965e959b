"""The comments of the protos, which only a descriptor set with source info carries."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import EnumDescriptor, EnumValueDescriptor

# The protos' way to name a default, at the end of a field's comment: "Depth; standard when absent."
_DEFAULT = re.compile(r"[;,] (\S+) when (?:absent|not given)\b")


class ProtosUnreadable(RuntimeError):
    """The protos could not be compiled; the compiler has said why on standard error."""


@dataclass(frozen=True)
class Comments:
    """The leading comment of each element by full name; enum values stand under their enum."""

    texts: Mapping[str, str] = field(default_factory=dict)

    def of(self, element: Any) -> str:
        """The comment of a service, method, message, field or enum; empty when it has none."""
        return self.texts.get(element.full_name, "")

    def of_value(self, value: EnumValueDescriptor) -> str:
        """The comment of an enum value."""
        enum: EnumDescriptor = value.type
        return self.texts.get(f"{enum.full_name}.{value.name}", "")

    def default_of(self, element: Any) -> str | None:
        """The default a field's comment names, as text."""
        found = _DEFAULT.search(self.of(element))
        return found[1] if found else None


def read_comments(proto_root: Path) -> Comments:
    """The comments of every proto file of the product below `proto_root`.

    Raises:
        ProtosUnreadable: the protos do not compile.
    """
    texts: dict[str, str] = {}
    for file in _compiled(proto_root).file:
        texts.update(_comments_in(file))
    return Comments(texts)


def _compiled(proto_root: Path) -> descriptor_pb2.FileDescriptorSet:
    # A development tool: the running server reads the finished document instead.
    from grpc_tools import protoc  # type: ignore[import-untyped]  # it ships no types

    sources = sorted(str(path) for path in (proto_root / "claribi").rglob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "protos.bin"
        include = files("grpc_tools") / "_proto"
        arguments = [
            f"-I{proto_root}",
            f"-I{include}",
            "--include_source_info",
            f"--descriptor_set_out={target}",
        ]
        if not sources or protoc.main(["protoc", *arguments, *sources]) != 0:
            raise ProtosUnreadable(f"No proto below {proto_root} could be compiled.")
        return descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes())


def _comments_in(file: descriptor_pb2.FileDescriptorProto) -> Iterator[tuple[str, str]]:
    for location in file.source_code_info.location:
        name = _element_name(file, tuple(location.path)) if location.leading_comments else None
        if name:
            yield name, _unwrapped(location.leading_comments)


def _element_name(file: descriptor_pb2.FileDescriptorProto, path: tuple[int, ...]) -> str | None:
    """The full name of what a source path leads to; None for options and other things without a name."""
    if not path or len(path) % 2:
        return None
    node: Any = file
    names = [file.package]
    for number, index in zip(path[::2], path[1::2], strict=True):
        step = node.DESCRIPTOR.fields_by_number.get(number)
        if step is None or not step.is_repeated or "name" not in step.message_type.fields_by_name:
            return None
        node = getattr(node, step.name)[index]
        names.append(node.name)
    return ".".join(names)


def _unwrapped(comment: str) -> str:
    """Paragraphs on one line each."""
    paragraphs = re.split(r"\n\s*\n", comment.strip())
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
