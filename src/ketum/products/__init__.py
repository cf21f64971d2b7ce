"""What is in the hand: alkaloid content and formulation of products."""

from ketum.products.catalogue import Content, Product, content, equivalent_7oh, products, units_per_gram

__all__ = ["Content", "Product", "content", "equivalent_7oh", "products", "units_per_gram"]
