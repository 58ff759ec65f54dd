"""SHELF one file for a verb of the command line, or for verbs that belong together; `portal.cli` lists them."""
