"""A generated shop for the demo: synthetic orders, customers and products, the same for the same seed."""

import csv
import io
import random
from dataclasses import dataclass
from datetime import date, timedelta

FIRST_DAY = date(2024, 7, 1)
DAYS = 730
# From this day on, more than half of the North's orders stay away.
BAD_MONTH = date(2026, 6, 1)
LOST_SHARE = 0.55
CUSTOMERS = 800
REGIONS = ("North", "South", "East", "West")
CHANNELS = ("Web", "Store", "Partner")
CATEGORIES = {
    "Furniture": (180.0, 8),
    "Lighting": (60.0, 7),
    "Textiles": (35.0, 9),
    "Kitchen": (25.0, 10),
}
SEGMENTS = ("Home", "Small business", "Enterprise")


@dataclass(frozen=True)
class Product:
    """A thing sold."""

    id: str
    name: str
    category: str
    price: float


def shop_files(seed: int = 7) -> dict[str, bytes]:
    """File name -> CSV bytes. What is planted: growth, a bad last month in the North, few large customers."""
    rng = random.Random(seed)
    products = _products(rng)
    customers = _customers(rng)
    return {
        "orders.csv": _csv(_orders(rng, products, customers)),
        "customers.csv": _csv(customers),
        "products.csv": _csv(
            [
                {
                    "product_id": p.id,
                    "product_name": p.name,
                    "category": p.category,
                    "list_price_usd": p.price,
                }
                for p in products
            ]
        ),
    }


def _products(rng: random.Random) -> list[Product]:
    return [
        Product(
            id=f"P{len(CATEGORIES) * number + index:03d}",
            name=f"{category} {number + 1}",
            category=category,
            price=round(base * rng.uniform(0.6, 1.9), 2),
        )
        for index, (category, (base, count)) in enumerate(CATEGORIES.items())
        for number in range(count)
    ]


def _customers(rng: random.Random) -> list[dict[str, object]]:
    return [
        {
            "customer_id": f"C{number:04d}",
            "region": rng.choices(REGIONS, (3, 3, 2, 2))[0],
            "segment": rng.choices(SEGMENTS, (6, 3, 1))[0],
            "since": (FIRST_DAY - timedelta(days=rng.randrange(1, 1500))).isoformat(),
        }
        for number in range(CUSTOMERS)
    ]


def _orders(
    rng: random.Random, products: list[Product], customers: list[dict[str, object]]
) -> list[dict[str, object]]:
    # A few customers buy much more than the others.
    weights = [1.0 / (1 + index) ** 0.6 for index in range(len(customers))]
    rows: list[dict[str, object]] = []
    for offset in range(DAYS):
        day = FIRST_DAY + timedelta(days=offset)
        growth = 1 + 0.35 * offset / DAYS
        weekend = 0.7 if day.weekday() >= 5 else 1.0
        for _ in range(max(0, round(rng.gauss(34 * growth * weekend, 4)))):
            customer = rng.choices(customers, weights)[0]
            if customer["region"] == "North" and day >= BAD_MONTH and rng.random() < LOST_SHARE:
                continue
            rows.append(_order(rng, len(rows), day, customer=customer, product=rng.choice(products)))
    return rows


def _order(
    rng: random.Random, number: int, day: date, *, customer: dict[str, object], product: Product
) -> dict[str, object]:
    quantity = rng.choices((1, 2, 3, 4, 6), (50, 25, 12, 8, 5))[0]
    channel = rng.choices(CHANNELS, (5, 3, 2))[0]
    discount = 0.15 if channel == "Partner" else rng.choice((0, 0, 0, 0.05, 0.1))
    return {
        "order_id": f"O{number:06d}",
        "order_date": day.isoformat(),
        "customer_id": customer["customer_id"],
        "region": customer["region"],
        "segment": customer["segment"],
        "product_id": product.id,
        "category": product.category,
        "channel": channel,
        "quantity": quantity,
        "discount_percent": round(discount * 100),
        "revenue_usd": round(quantity * product.price * (1 - discount), 2),
        "days_to_deliver": max(1, round(rng.gauss(6.5 if channel == "Partner" else 4.0, 1.2))),
    }


def _csv(rows: list[dict[str, object]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
