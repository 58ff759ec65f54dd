"""Kind: one or more photographs."""

from __future__ import annotations

from portal.forms.kinds.file import File


class Photo(File):
    """As a file, pictures only; shown and printed as pictures."""

    name = "photo"
    endings = ("jpg", "jpeg", "png")


KIND = Photo()
