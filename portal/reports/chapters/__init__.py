"""Chapters: one subject a file. Each has a page of the same name in `pdf_templates/chapters`."""
