"""Reports as Excel workbooks: written for an office, read back cell by cell, and gathered for a division."""
