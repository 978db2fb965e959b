"""The name a downloaded file is saved under."""

from urllib.parse import quote


def disposition(name: str) -> str:
    """A Content-Disposition of a download: a plain name for old clients, the real one for the others (RFC 6266)."""
    printable = "".join(c if c.isprintable() else " " for c in name)
    plain = "".join(c if c.isascii() and c not in '"\\' else "-" for c in printable)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(printable, safe='')}"
