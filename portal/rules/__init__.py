"""What is allowed, and what numbers mean: plain functions of plain values."""
