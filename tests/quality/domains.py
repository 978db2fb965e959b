"""Tables of seven trades without any pattern: every column is drawn on its own, rows fall evenly in time."""

from collections.abc import Callable

import numpy as np

from tests.quality.tables import TIME, Array, Cells, Random, World

LATEST = np.datetime64("2026-06-30")  # the examiner's today; the engine is told the same
ENDS = ("2026-05-31", "2026-06-29", "2025-12-31", "2026-06-14", "2026-03-31", "2026-02-17")


def members(random: Random, names: list[str], rows: int, *, even: bool) -> Array:
    """A category; uneven ones follow shares of a Dirichlet draw, no member below 3 %."""
    weights = np.ones(len(names)) if even else 0.3 + random.dirichlet(np.full(len(names), 2.0)) * len(names)
    return random.choice(np.array(names, dtype=object), rows, p=weights / weights.sum())


def moments(random: Random, rows: int, *, days: int = 0, fine: bool = False) -> Array:
    """Moments spread evenly over some days up to one of the usual ends; sorted, as logs are."""
    days = days or int(random.choice([420, 550, 730, 1000]))
    end = np.datetime64(str(random.choice(ENDS)))
    offsets = np.sort(random.random(rows)) * days
    moment = (end + 1 - np.timedelta64(days, "D")).astype("datetime64[us]") + (offsets * 86_400e6).astype(
        np.int64
    ).astype("timedelta64[us]")
    if fine:
        return moment.astype("datetime64[s]")
    return moment.astype("datetime64[D]")


def _amount(random: Random, rows: int, scale: float) -> Array:
    shape = int(random.integers(0, 3))
    drawn = (random.gamma(3.0, scale / 3, rows), random.lognormal(np.log(scale), 0.6, rows))
    return np.round(
        drawn[shape] if shape < 2 else np.abs(random.normal(scale, scale / 4, rows)) + scale / 50, 2
    )


def _numbers(prefix: str, rows: int) -> Array:
    return np.array([f"{prefix}{number:07d}" for number in range(1, rows + 1)], dtype=object)


def _dimensions(random: Random, world: World, choices: dict[str, list[str]]) -> None:
    for name, names in choices.items():
        even = bool(random.random() < 0.5)
        world.cells[name] = members(random, names, world.rows, even=even)
        world.dimensions.append(name)
        if not even:
            world.uneven.add(name)


def sales(random: Random, rows: int) -> World:
    """Orders of a shop."""
    world = World("sales", "orders", {"order_id": _numbers("SO-", rows), "order_date": moments(random, rows)})
    products = "Lamp,Chair,Desk,Shelf,Rug,Mirror,Clock,Vase,Sofa,Stool"
    _dimensions(
        random,
        world,
        {
            "region": ["North", "South", "East", "West", "Centre"],
            "product": products.split(",")[: int(random.integers(5, 11))],
            "channel": ["web", "shop", "partner", "phone"],
        },
    )
    world.cells |= {
        "revenue": _amount(random, rows, 120.0),
        "quantity": random.poisson(3.0, rows) + 1,
        "shipping_cost": _amount(random, rows, 9.0),
        "returned": random.random(rows) < 0.12,
    }
    world.time, world.flags = "order_date", ["returned"]
    world.measures = ["revenue", "quantity", "shipping_cost"]
    return world


SUBJECTS = (
    "cannot log in to {}",
    "{} is slow today",
    "error after update of {}",
    "request access to {}",
    "{} shows a blank page",
    "replace broken {}",
    "question about {}",
)
THINGS = ("mailbox", "vpn", "laptop", "payroll", "calendar", "phone", "shared drive", "browser")


def phrases(random: Random, rows: int) -> Array:
    """Short descriptions as people type them."""
    first, second = random.choice(SUBJECTS, rows), random.choice(THINGS, rows)
    return np.array([a.format(b) for a, b in zip(first, second, strict=True)], dtype=object)


def tickets(random: Random, rows: int) -> World:
    """Tickets of a service desk; those not closed when the data were read are open."""
    opened = moments(random, rows, fine=True)
    hours = random.gamma(1.6, 18.0, rows)
    closed = opened + (hours * 3600).astype(np.int64).astype("timedelta64[s]")
    late = closed > opened.max()
    state = random.choice(
        np.array(["Closed", "Resolved", "Cancelled"], dtype=object), rows, p=[0.6, 0.3, 0.1]
    )
    state[late] = "Open"
    closed[late] = np.datetime64("NaT")
    world = World(
        "tickets",
        "incidents",
        {"number": _numbers("INC", rows), "opened_at": opened, "closed_at": closed, "state": state},
    )
    agents = [
        "A. Moreau",
        "B. Okafor",
        "C. Lindqvist",
        "D. Rossi",
        "E. Novak",
        "F. Haddad",
        "G. Silva",
        "H. Braun",
        "I. Tanaka",
    ]
    _dimensions(
        random,
        world,
        {
            "priority": ["1 - Critical", "2 - High", "3 - Moderate", "4 - Low"],
            "category": ["Hardware", "Software", "Network", "Access", "Inquiry"],
            "assigned_to": agents,
            "location": ["Berlin", "Lyon", "Porto", "Gdansk", "Leeds", "Malmo"],
        },
    )
    world.cells["short_description"] = phrases(random, rows)
    world.cells["reopen_count"] = random.poisson(1.2, rows)
    world.time, world.state, world.span = "opened_at", "state", ("opened_at", "closed_at")
    world.text, world.measures = "short_description", ["reopen_count"]
    world.cause("state", TIME)  # only the open ones lie at the end
    world.traps.add("censored")
    return world


def sessions(random: Random, rows: int) -> World:
    """Visits of a web site."""
    world = World(
        "sessions",
        "sessions",
        {
            "session_id": _numbers("s", rows),
            "started_at": moments(random, rows, days=int(random.choice([180, 420])), fine=True),
        },
    )
    _dimensions(
        random,
        world,
        {
            "device": ["mobile", "desktop", "tablet"],
            "country": ["DE", "FR", "PL", "SE", "PT", "IT", "US"],
            "traffic_source": ["search", "email", "social", "direct", "ads"],
        },
    )
    world.cells |= {
        "page_views": random.poisson(5.0, rows) + 1,
        "load_time": _amount(random, rows, 2.4),
        "scroll_depth": np.round(random.beta(3, 2, rows) * 100, 1),
        "converted": random.random(rows) < 0.2,
    }
    world.time, world.flags, world.number = "started_at", ["converted"], "scroll_depth"
    world.measures = ["page_views", "load_time"]
    return world


def subscriptions(random: Random, rows: int) -> World:
    """Accounts of a subscription service."""
    world = World(
        "subscriptions", "accounts", {"account": _numbers("AC", rows), "signed_up_on": moments(random, rows)}
    )
    _dimensions(
        random,
        world,
        {
            "plan": ["Free trial", "Basic", "Team", "Enterprise"],
            "country": ["Spain", "Kenya", "Japan", "Chile", "Canada"],
            "acquired_by": ["referral", "ads", "fair", "organic"],
        },
    )
    world.cells |= {
        "monthly_fee": _amount(random, rows, 40.0),
        "seats": random.poisson(8.0, rows) + 1,
        "support_hours": _amount(random, rows, 3.0),
        "churned": random.random(rows) < 0.25,
    }
    world.time, world.flags, world.number = "signed_up_on", ["churned"], "support_hours"
    world.measures = ["monthly_fee", "seats"]
    return world


def staff(random: Random, rows: int) -> World:
    """Employees."""
    world = World(
        "staff", "employees", {"employee_no": _numbers("E", rows), "hired_on": moments(random, rows)}
    )
    _dimensions(
        random,
        world,
        {
            "department": ["Sales", "Support", "Finance", "Research", "Operations", "Legal"],
            "site": ["Vienna", "Cork", "Tartu"],
            "contract": ["permanent", "fixed term", "intern"],
        },
    )
    world.cells |= {
        "salary": np.round(np.abs(random.normal(52_000, 9_000, rows)) + 500, 0),
        "sick_days": random.poisson(6.0, rows),
        "overtime_hours": _amount(random, rows, 30.0),
        "age": random.integers(20, 65, rows),
        "has_left": random.random(rows) < 0.2,
    }
    world.time, world.flags, world.number = "hired_on", ["has_left"], "age"
    world.measures = ["salary", "sick_days", "overtime_hours"]
    return world


def hospital(random: Random, rows: int) -> World:
    """Stays in a hospital."""
    admitted = moments(random, rows, fine=True)
    stay = (random.gamma(2.0, 2.2, rows) * 86_400).astype(np.int64).astype("timedelta64[s]")
    discharged = admitted + stay
    discharged[discharged > admitted.max()] = np.datetime64("NaT")  # still there when the data were read
    world = World(
        "hospital",
        "stays",
        {"stay": _numbers("H", rows), "admitted_at": admitted, "discharged_at": discharged},
    )
    _dimensions(
        random,
        world,
        {
            "ward": ["Surgery", "Cardiology", "Oncology", "Maternity", "Geriatrics"],
            "insurance": ["public", "private"],
            "diagnosis": ["fracture", "infection", "cardiac", "checkup", "respiratory", "other"],
        },
    )
    world.cells |= {
        "bill": _amount(random, rows, 4_200.0),
        "medications": random.poisson(4.0, rows) + 1,
        "age": random.integers(1, 95, rows),
        "readmitted": random.random(rows) < 0.15,
    }
    world.time, world.flags, world.number = "admitted_at", ["readmitted"], "age"
    world.span, world.measures = ("admitted_at", "discharged_at"), ["bill", "medications"]
    world.traps.add("censored")
    return world


def campaigns(random: Random, rows: int) -> World:
    """One row a day and advertisement: impressions, clicks, orders; rates are ratios of sums."""
    world = World("campaigns", "ads", {"day": moments(random, rows)})
    _dimensions(
        random,
        world,
        {
            "network": ["Search", "Social", "Video", "Display"],
            "audience": ["new", "returning", "lapsed"],
            "creative": ["blue", "green", "photo", "drawing", "text"],
        },
    )
    clicks = random.poisson(random.gamma(4.0, 30.0, rows)) + 1
    world.cells |= {
        "clicks": clicks,
        "orders": random.binomial(clicks, 0.08),
        "spend": _amount(random, rows, 60.0),
    }
    world.time, world.measures = "day", ["spend"]
    world.cause("orders", "clicks")
    return world


def sensors(random: Random, rows: int) -> World:
    """One row a day or an hour of a plant: each reading is its own autocorrelated, stationary series."""
    hourly = rows > 1_200
    step = np.timedelta64(1, "h") if hourly else np.timedelta64(1, "D")
    end = np.datetime64(str(random.choice(ENDS[:3]))) + 1
    at = end.astype("datetime64[s]") - step * np.arange(rows, 0, -1)
    world = World("sensors", "readings", {"measured_at": at if hourly else at.astype("datetime64[D]")})
    for name, level, spread in (
        ("temperature", 20.0, 3.0),
        ("pressure", 8.0, 1.2),
        ("vibration", 30.0, 5.0),
        ("energy_kwh", 400.0, 70.0),
    ):
        world.cells[name] = np.round(level + spread * autocorrelated(random, rows, 0.3), 3)
        world.measures.append(name)
    world.cells["shift_lead"] = members(random, ["Ana", "Bo", "Cy"], rows, even=True)
    world.dimensions, world.time, world.series = ["shift_lead"], "measured_at", True
    return world


def ledger(random: Random, rows: int) -> World:
    """One row a month, three to five years of them, however many rows are asked for: figures that keep their level."""
    months = int(random.choice([36, 48, 60])) if rows else 0
    last = np.datetime64(str(random.choice(["2025-12", "2026-03", "2026-05"])), "M")
    world = World(
        "ledger", "figures", {"month": (last + 1 - np.arange(months, 0, -1)).astype("datetime64[D]")}
    )
    for name, level in (("visits", 2_400.0), ("leads", 130.0), ("cost_per_lead", 45.0), ("headcount", 70.0)):
        world.cells[name] = np.round(level * (1 + random.uniform(0.03, 0.1) * random.normal(size=months)), 2)
        world.measures.append(name)
    world.time, world.series = "month", True
    return world


def autocorrelated(random: Random, rows: int, phi: float) -> Array:
    """A stationary AR(1) series of unit variance."""
    from scipy.signal import lfilter

    noise = random.normal(0, np.sqrt(1 - phi**2), rows)
    noise[0] = random.normal()
    return np.asarray(lfilter([1.0], [1.0, -phi], noise))


DOMAINS: dict[str, Callable[[Random, int], World]] = {
    "sales": sales,
    "tickets": tickets,
    "sessions": sessions,
    "subscriptions": subscriptions,
    "staff": staff,
    "hospital": hospital,
    "campaigns": campaigns,
    "sensors": sensors,
    "ledger": ledger,
}

AWKWARD = {
    "revenue": "Umsatz (€)",
    "region": 'Region "neu"',
    "product": "select",
    "channel": "Kanal/Weg",
    "order_date": "Date of the order",
    "quantity": "QTY ordered, pieces",
    "shipping_cost": "shipping-cost %",
    "load_time": "Ladezeit [s]",
    "country": "Pays d'origine",
    "device": "group",
    "page_views": "Page Views #",
    "started_at": "Started At (UTC)",
    "plan": "plan",
    "monthly_fee": "数量 fee",
    "seats": "Seats",
    "department": "Département",
    "salary": "annual gross salary before taxes and social security contributions in euro",
    "ward": "order",
    "bill": "Bill ($)",
    "diagnosis": "Диагноз",
    "converted": "Converted?",
    "churned": "is churned",
}


def camel(name: str) -> str:
    """order_date as orderDate."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def named(random: Random, world: World) -> World:
    """The world with column names as one of several tools writes them."""
    style = str(random.choice(["snake", "snake", "camel", "spaced", "awkward"]))
    if style == "snake":
        return world
    rule = {
        "camel": camel,
        "spaced": lambda n: n.replace("_", " ").title(),
        "awkward": lambda n: AWKWARD.get(n, n),
    }[style]
    return world.renamed({name: rule(name) for name in world.cells})


def distracted(random: Random, world: World) -> World:
    """The world with columns that mean nothing: noise, constants, ids, prose, categories."""
    rows, cells = world.rows, world.cells
    extra: Cells = {
        "batch_ref": np.array([f"{n:x}" for n in random.integers(10**8, 10**9, rows)], dtype=object),
        "currency": np.full(rows, "EUR", dtype=object),
        "handling_score": np.round(random.normal(50, 10, rows), 2),
        "weight_kg": np.round(random.gamma(5.0, 0.8, rows), 3),
        "tier": random.choice(np.array(["gold", "silver", "bronze"], dtype=object), rows),
        "branch": np.array([f"B{n:02d}" for n in random.integers(1, 25, rows)], dtype=object),
        "postcode": random.integers(10_000, 99_999, rows),
        "remarks": np.array(
            [f"see file {a} and call back later about {b}" for a, b in random.integers(1, 9**6, (rows, 2))]
        ).astype(object)
        if rows <= 20_000
        else np.full(rows, "n/a", dtype=object),
        "is_gift": random.random(rows) < 0.5,
    }
    for name in random.permutation(sorted(extra))[: int(random.integers(2, 8))]:
        if str(name) not in cells:
            cells[str(name)] = extra[str(name)]
    return world
