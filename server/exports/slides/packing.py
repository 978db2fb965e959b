"""A deck as bytes: the same ones for the same deck, whenever they are written."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING

from server.exports.escape import visible

if TYPE_CHECKING:
    from pptx.presentation import Presentation

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
UNDATED = datetime(2000, 1, 1)
TITLE_CHARACTERS = 255


def pack(deck: Presentation, title: str, made: datetime | None) -> bytes:
    """The file of a deck; its dates are those of the report, never the clock's."""
    about = deck.core_properties
    about.title, about.author, about.last_modified_by = (
        visible(title)[:TITLE_CHARACTERS],
        "claribi",
        "claribi",
    )
    about.created = about.modified = made or UNDATED
    about.revision = 1
    written = io.BytesIO()
    deck.save(written)
    packed = io.BytesIO()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return packed.getvalue()
