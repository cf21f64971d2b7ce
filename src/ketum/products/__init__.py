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

__all__ = ["NMOL_PER_MG_MOLAR", "Content", "Product", "content", "equivalent_7oh", "products", "units_per_gram"]
