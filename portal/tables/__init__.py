"""Every table of the portal, a file a section; models.py is the index."""
