"""What the demo brand sells: Tidewren Tea & Bath, an invented maker of teas, bath and skin care and gifts.

Data only. Prices and unit costs are whole cents of US dollars, supply in days.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Product:
    """One product with its variants: (label, price, unit cost, days one unit lasts or None)."""

    product_id: str
    title: str
    product_type: str
    category_class: str
    variants: tuple[tuple[str, int, int, int | None], ...]
    weight: float
    first_weight: float
    season: str | None = None
    accessory_for: str | None = None
    in_stock: bool = True
    is_gift_card: bool = False


def _tea(product_id: str, title: str, weight: float, first_weight: float) -> Product:
    """A tea in the two sizes every tea comes in."""
    sizes = (("20 sachets", 1400, 365, 20), ("60 sachets, refill bag", 3200, 905, 60))
    return Product(product_id, title, "Tea", "consumable", sizes, weight, first_weight)


PRODUCTS: tuple[Product, ...] = (
    _tea("harbor-breakfast", "Harbor Breakfast Black Tea", 9.0, 8.0),
    _tea("chamomile-lavender", "Evening Chamomile & Lavender", 8.0, 8.5),
    _tea("ginger-lemon", "Ginger & Meyer Lemon Tisane", 6.0, 5.0),
    _tea("jasmine-pearls", "Jasmine Pearl Green Tea", 4.5, 3.5),
    _tea("earl-grey", "Bergamot Earl Grey", 5.5, 4.5),
    Product(
        "smoked-oolong",
        "Smoked Oolong Reserve",
        "Tea",
        "consumable",
        (("75 g tin", 2400, 720, 35),),
        2.0,
        1.2,
    ),
    Product(
        "tea-sampler",
        "First Cup Sampler",
        "Tea",
        "consumable",
        (("8 teas, 24 sachets", 1900, 540, 24),),
        1.0,
        9.0,
    ),
    Product(
        "sleep-magnesium",
        "Deep Sleep Magnesium Drink",
        "Wellness",
        "functional",
        (("Tart cherry, 30 servings", 3800, 1020, 30), ("Unsweetened, 30 servings", 3800, 1000, 30)),
        7.0,
        5.5,
    ),
    Product(
        "calm-cocoa",
        "Calm Focus Mushroom Cocoa",
        "Wellness",
        "functional",
        (("28 servings", 3600, 990, 28),),
        4.0,
        3.5,
    ),
    Product(
        "daily-greens",
        "Daily Greens Tisane Powder",
        "Wellness",
        "functional",
        (("30 servings", 3400, 930, 30),),
        2.5,
        2.0,
    ),
    Product(
        "juniper-soak",
        "Sea Salt & Juniper Bath Soak",
        "Bath & Body",
        "consumable",
        (("16 oz jar", 2800, 640, 45), ("40 oz refill", 5400, 1250, 110)),
        6.0,
        6.5,
    ),
    Product(
        "oat-hand-balm",
        "Cedar & Oat Hand Balm",
        "Bath & Body",
        "consumable",
        (("2 oz tin", 1600, 380, 40), ("Set of three", 4200, 1090, 120)),
        5.5,
        5.0,
    ),
    Product(
        "rosemary-wash",
        "Rosemary & Mint Body Wash",
        "Bath & Body",
        "consumable",
        (("10 oz bottle", 2200, 520, 45), ("20 oz refill pouch", 3400, 820, 90)),
        5.0,
        3.5,
    ),
    Product(
        "neroli-soap",
        "Neroli Bar Soap Trio",
        "Bath & Body",
        "consumable",
        (("3 bars", 2400, 610, 60),),
        3.5,
        2.5,
    ),
    Product(
        "rosehip-oil",
        "Rosehip Night Oil",
        "Skin Care",
        "consumable",
        (("30 ml", 4200, 980, 60), ("50 ml", 6200, 1480, 100)),
        4.5,
        4.0,
    ),
    Product(
        "oat-cleanser",
        "Oat Milk Cleanser",
        "Skin Care",
        "consumable",
        (("120 ml", 2600, 610, 45),),
        4.0,
        3.0,
    ),
    Product(
        "green-tea-cream",
        "Green Tea Day Cream",
        "Skin Care",
        "consumable",
        (("50 ml", 3400, 840, 50), ("Fragrance free, 50 ml", 3400, 830, 50)),
        4.5,
        3.5,
    ),
    Product(
        "stoneware-teapot",
        "Stoneware Teapot, 1 Litre",
        "Teaware",
        "durable",
        (("Fog", 5800, 2050, None), ("Moss", 5800, 2050, None), ("Ember", 5800, 2080, None)),
        1.2,
        3.0,
    ),
    Product(
        "glass-mugs",
        "Double-Wall Glass Mugs",
        "Teaware",
        "durable",
        (("Pair", 3600, 1290, None),),
        1.6,
        2.4,
    ),
    Product(
        "gooseneck-kettle",
        "Gooseneck Kettle",
        "Teaware",
        "durable",
        (("Matte black", 9200, 3900, None), ("Brushed steel", 8900, 3750, None)),
        0.6,
        1.3,
    ),
    Product(
        "copper-infuser",
        "Copper Infuser Basket",
        "Teaware",
        "durable",
        (("One size", 1800, 560, None),),
        1.5,
        0.8,
        None,
        "stoneware-teapot",
    ),
    Product(
        "tea-cosy",
        "Quilted Tea Cosy",
        "Teaware",
        "durable",
        (("Oat stripe", 2600, 880, None),),
        0.7,
        0.4,
        None,
        "stoneware-teapot",
        False,
    ),
    Product(
        "waffle-robe",
        "Waffle Linen Robe",
        "Loungewear",
        "apparel",
        (
            ("S", 9800, 3650, None),
            ("M", 9800, 3650, None),
            ("L", 9800, 3720, None),
            ("XL", 9800, 3800, None),
        ),
        1.2,
        1.8,
    ),
    Product(
        "merino-socks",
        "Merino Bed Socks",
        "Loungewear",
        "apparel",
        (("S/M", 2400, 790, None), ("M/L", 2400, 790, None)),
        1.8,
        1.4,
    ),
    Product(
        "linen-apron",
        "Washed Linen Apron",
        "Loungewear",
        "apparel",
        (("Flax", 4400, 1540, None), ("Indigo", 4400, 1540, None)),
        0.5,
        0.7,
    ),
    Product(
        "spring-sencha",
        "Spring Blossom Sencha",
        "Seasonal",
        "seasonal",
        (("20 sachets", 2200, 640, 20),),
        5.0,
        4.0,
        "spring",
    ),
    Product(
        "peach-cold-brew",
        "White Peach Cold Brew Tea",
        "Seasonal",
        "seasonal",
        (("15 pitchers", 1600, 430, 30),),
        7.0,
        5.5,
        "summer",
    ),
    Product(
        "pumpkin-chai",
        "Roasted Pumpkin Chai",
        "Seasonal",
        "seasonal",
        (("20 sachets", 1800, 470, 20),),
        6.0,
        5.0,
        "autumn",
    ),
    Product(
        "winter-spice",
        "Winter Spice & Orange Blend",
        "Seasonal",
        "seasonal",
        (("20 sachets", 1800, 460, 20),),
        7.0,
        5.5,
        "winter",
    ),
    Product(
        "advent-calendar",
        "Advent Tea Calendar",
        "Seasonal",
        "seasonal",
        (("24 days", 4800, 1610, None),),
        6.0,
        8.0,
        "advent",
    ),
    Product(
        "quiet-morning-set",
        "Quiet Morning Gift Set",
        "Gifts",
        "gift",
        (("Tea, mugs, honey", 6400, 2240, None),),
        1.4,
        2.6,
        "gifting",
    ),
    Product(
        "bath-night-box",
        "Bath Night Gift Box",
        "Gifts",
        "gift",
        (("Soak, soap, balm", 7200, 2380, None),),
        1.4,
        2.6,
        "gifting",
    ),
    Product(
        "new-parent-box",
        "New Parent Rest Box",
        "Gifts",
        "gift",
        (("Tea, balm, socks", 6800, 2350, None),),
        0.8,
        1.4,
        "gifting",
    ),
    Product(
        "gift-card",
        "Tidewren E-Gift Card",
        "Gifts",
        "gift",
        (("$25", 2500, 0, None), ("$50", 5000, 0, None), ("$100", 10000, 0, None)),
        0.0,
        0.0,
        None,
        None,
        True,
        True,
    ),
)

# How much more (or less) a season's products sell in each month, January first.
SEASON_MONTHS: dict[str, tuple[float, ...]] = {
    "spring": (0.0, 0.3, 1.2, 1.3, 1.0, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "summer": (0.0, 0.0, 0.0, 0.2, 0.8, 1.3, 1.4, 1.2, 0.4, 0.0, 0.0, 0.0),
    "autumn": (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 1.3, 1.5, 0.9, 0.1),
    "winter": (0.8, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.4, 1.2, 1.5),
    "advent": (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 1.0, 1.8, 0.1),
    "gifting": (0.5, 1.0, 0.6, 0.8, 1.6, 0.8, 0.6, 0.6, 0.7, 0.9, 2.6, 3.6),
}
# Warm drinks and baths sell in the cold, whatever the product.
TYPE_MONTHS: dict[str, tuple[float, ...]] = {
    "Tea": (1.2, 1.15, 1.05, 0.95, 0.9, 0.85, 0.8, 0.85, 0.95, 1.1, 1.15, 1.1),
    "Bath & Body": (1.2, 1.15, 1.0, 0.95, 1.05, 0.9, 0.85, 0.85, 0.95, 1.0, 1.1, 1.2),
}
# A new price list on this local day: dearer by the factor from then on.
PRICE_RISE_DAY = "2025-03-01"
PRICE_BEFORE_RISE = 0.94

# Share of delivered units that come back, by product type.
RETURN_SHARE: dict[str, float] = {
    "Tea": 0.012,
    "Wellness": 0.030,
    "Bath & Body": 0.020,
    "Skin Care": 0.045,
    "Teaware": 0.055,
    "Loungewear": 0.160,
    "Seasonal": 0.015,
    "Gifts": 0.025,
}


@dataclass(frozen=True)
class Variants:
    """The catalogue as columns, one element a variant, in catalogue order."""

    product: NDArray[np.int64]
    sku: list[str]
    variant_id: list[str]
    label: list[str]
    price: NDArray[np.int64]
    cost: NDArray[np.int64]
    supply_days: NDArray[np.int64]
    is_gift_card: NDArray[np.bool_]
    is_replenished: NDArray[np.bool_]
    is_subscribable: NDArray[np.bool_]
    is_bulk: NDArray[np.bool_]
    return_share: NDArray[np.float64]
    weight: NDArray[np.float64]
    first_weight: NDArray[np.float64]
    month_factor: NDArray[np.float64]

    @property
    def count(self) -> int:
        """Number of variants."""
        return len(self.sku)


@cache
def variants() -> Variants:
    """The catalogue by variant; `month_factor` is (12, variants), `supply_days` 0 for what isn't used up."""
    rows = [
        (index, product, number, variant)
        for index, product in enumerate(PRODUCTS)
        for number, variant in enumerate(product.variants)
    ]
    flat = np.ones(12)
    factors = [
        np.array(SEASON_MONTHS[product.season])
        if product.season
        else np.array(TYPE_MONTHS.get(product.product_type, flat))
        for _, product, _, _ in rows
    ]
    # The first variant of a product is its usual size; each further one sells less.
    share = [1.0 / (1 + 0.6 * number) for _, _, number, _ in rows]
    consumed = ("consumable", "functional")
    return Variants(
        product=np.array([index for index, _, _, _ in rows]),
        sku=[f"TW-{_initials(product.product_id)}-{index + 1:02d}{number + 1}" for index, product, number, _ in rows],
        variant_id=[str(48_210_000 + index * 20 + number) for index, _, number, _ in rows],
        label=[variant[0] for _, _, _, variant in rows],
        price=np.array([variant[1] for _, _, _, variant in rows]),
        cost=np.array([variant[2] for _, _, _, variant in rows]),
        supply_days=np.array([variant[3] or 0 for _, _, _, variant in rows]),
        is_gift_card=np.array([product.is_gift_card for _, product, _, _ in rows]),
        is_replenished=np.array([product.category_class in consumed for _, product, _, _ in rows]),
        is_subscribable=np.array(
            [
                product.category_class in consumed and (variant[3] or 0) in range(20, 61)
                for _, product, _, variant in rows
            ]
        ),
        is_bulk=np.array([product.product_type in ("Tea", "Bath & Body") for _, product, _, _ in rows]),
        return_share=np.array([RETURN_SHARE[product.product_type] for _, product, _, _ in rows]),
        weight=np.array([product.weight for _, product, _, _ in rows]) * share,
        first_weight=np.array([product.first_weight for _, product, _, _ in rows]) * share,
        month_factor=np.array(factors).T,
    )


def _initials(product_id: str) -> str:
    """`harbor-breakfast` as `HABR`: two letters of the first two words."""
    return "".join(word[:2] for word in product_id.split("-")[:2]).upper()
