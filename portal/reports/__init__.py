"""Books compiled from the records: what a chapter is, the tables of contents, setting and binding."""
