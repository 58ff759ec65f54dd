"""IMPORTS: the files that can be taken in, one shape a file of this folder, in the order in which they are tried."""

from __future__ import annotations

from portal.imports import companion, extract, nfma46, register, treasury
from portal.imports.source import Shape

IMPORTS: tuple[Shape, ...] = (extract.SHAPE, treasury.SHAPE, register.SHAPE, nfma46.SHAPE, companion.SHAPE)
