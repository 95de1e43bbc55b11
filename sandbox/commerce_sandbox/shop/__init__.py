"""A believable shop: generated from a seed, and changed the way shops change."""

from __future__ import annotations

from commerce_sandbox.shop.generation import generate_shop
from commerce_sandbox.shop.model import Document, Shop, ShopPlan

__all__ = ["Document", "Shop", "ShopPlan", "generate_shop"]
