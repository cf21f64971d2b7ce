"""What is in the hand: alkaloid content and formulation of products."""

from ketum.products.catalogue import (
    NMOL_PER_MG_MOLAR,
    Content,
    Product,
    content,
    equivalent_7oh,
    products,
    units_per_gram,
)
from ketum.products.reported import Report, reported

__all__ = [
    "NMOL_PER_MG_MOLAR",
    "Content",
    "Product",
    "Report",
    "content",
    "equivalent_7oh",
    "products",
    "reported",
    "units_per_gram",
]
