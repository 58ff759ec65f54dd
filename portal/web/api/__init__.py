"""The store for programs: every record type of the screens, by address, under the same rules."""
