"""Measurements: what the portal's pages cost, beside the same page made the plain way, in the same run."""
