"""Update masks: exactly the paths named change, nothing else."""

from collections.abc import Sequence

from google.protobuf.message import Message

from server.errors import invalid


def apply_mask(target: Message, changes: Message, paths: Sequence[str]) -> None:
    """Set the masked paths of `target` to their values in `changes`; a masked path that is unset is cleared.

    Both are messages of one type. Raises ApiError 400 for an empty mask and for a path that is no field.
    """
    if not paths:
        raise invalid({"body": ["Give at least one field to change."]})
    for path in paths:
        _set(target, changes, path, path.split("."))


def _set(target: Message, changes: Message, path: str, names: list[str]) -> None:
    name, *below = names
    field = target.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        allowed = ", ".join(sorted(target.DESCRIPTOR.fields_by_name))
        raise invalid({path: [f"Not a field that can be changed. Allowed: {allowed}."]})
    if not below:
        _copy(target, changes, name)
        return
    if field.is_repeated or field.message_type is None:
        raise invalid({path: [f"'{name}' changes as a whole; name no part of it."]})
    part = getattr(target, name)
    part.SetInParent()
    _set(part, getattr(changes, name), path, below)


def _copy(target: Message, changes: Message, name: str) -> None:
    field = target.DESCRIPTOR.fields_by_name[name]
    target.ClearField(name)
    if field.is_repeated:
        getattr(target, name).MergeFrom(getattr(changes, name))
    elif field.has_presence and not changes.HasField(name):
        return
    elif field.message_type is not None:
        getattr(target, name).CopyFrom(getattr(changes, name))
    else:
        setattr(target, name, getattr(changes, name))
