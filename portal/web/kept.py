"""The store of files that this process was started with."""

from __future__ import annotations

from flask import current_app

from portal import files


def kept_files() -> files.Files:
    """Return where files are kept: a folder or an S3 bucket, as the settings say."""
    settings = current_app.config["PORTAL"]
    return files.connect(settings.files, settings.data)
