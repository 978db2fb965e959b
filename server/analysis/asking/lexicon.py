"""The words of questions: what asks for a number, a direction, a rank; what asks for nothing by itself."""

from server.analysis.asking.words import key
from server.analysis.roles import word_set


def keys(words: str) -> frozenset[str]:
    """The words of a list as they are compared."""
    return frozenset(map(key, words.split()))


STOP_WORDS = word_set(
    "the and for with what which who how why when where did does was were are our from that this has have had can "
    "could should would per not all any most more less than over into about between much many number"
)
# Words of a question that ask for nothing by themselves.
FILLERS = word_set(
    "tell show give please find look looking like want need know help see you your they them their there here "
    "its been being will shall may might just only also very really last latest recent recently current currently "
    "now today year month quarter week day date time period data number figure report review business company "
    "organisation organization firm team going doing gone make made get got let come out far well overall general "
    "generally during within since until ever still again some each every both other another thing way long short "
    "main important matter matters interesting good bad well better worse across through along against because due "
    "perform performance come comes anything something nothing everything"
)
SMALL = word_set(
    "a an is am be it if of in on at by to or as do no so we i us me my he she vs up s t re ve ll"
)

# Which statistic a word asks for.
STATISTICS = {
    **dict.fromkeys(keys("total sum overall altogether"), "total"),
    **dict.fromkeys(keys("average mean avg typical typically"), "average"),
    **dict.fromkeys(keys("median"), "median"),
    **dict.fromkeys(keys("maximum max"), "highest"),
    **dict.fromkeys(keys("minimum min"), "lowest"),
    **dict.fromkeys(keys("share rate percentage percent proportion fraction often frequency"), "share"),
    **dict.fromkeys(keys("count"), "count"),
}
UP = keys(
    "rise rises rose rising risen increase increases increased increasing grow grows grew growing grown growth up "
    "jump jumped jumps surge surged climb climbed soar soared gain gained spike spiked higher"
)
DOWN = keys(
    "fall falls fell falling fallen drop drops dropped dropping decline declines declined declining decrease "
    "decreases decreased decreasing down shrink shrank shrinking lose lost losing dip dipped plunge plunged slump "
    "slumped sink sank lower reduced reduce"
)
MOVES = keys("change changed changes changing move moved develop developed happen happened")
DEVELOPS = keys(
    "develop developed developing development trend trends trending evolve evolved history progress"
)
COMPARATIVES_UP = keys(
    "slower higher longer bigger larger greater dearer pricier costlier older heavier hotter warmer busier more better "
    "stronger later"
)
COMPARATIVES_DOWN = keys(
    "faster quicker lower shorter smaller cheaper younger lighter colder cooler quieter fewer less worse weaker "
    "earlier sooner"
)
DIFFERS = keys(
    "differ differs different difference differences compare compared comparing comparison comparable vary"
)
_HIGH = (
    "top best highest biggest largest most leading greatest strongest slowest longest oldest busiest dearest "
    "hottest heaviest main"
)
_LOW = (
    "bottom worst lowest smallest least fewest weakest poorest fastest quickest shortest youngest cheapest coldest "
    "lightest quietest"
)
HIGH_RANKS, LOW_RANKS = keys(_HIGH), keys(_LOW)
RANK_WORDS = frozenset(f"{_HIGH} {_LOW}".split())
# Of these it depends on the measure which end is meant: the worst costs are the highest.
JUDGES = keys("best worst weakest poorest strongest")
# What a row is worth, or how large it is: "order value", "basket size".
WORTH = keys("value size")
# Of one measure, by itself, its largest or smallest value.
EXTREMES = {
    **dict.fromkeys(keys("highest largest biggest"), "highest"),
    **dict.fromkeys(keys("lowest smallest"), "lowest"),
}
BECOMES = keys("getting become becoming became")
BASKETS = word_set("basket baskets aov")
# How somebody or something did, without a word for what.
FARES = word_set("do does did doing done perform performed performing performance")
RELATES = keys(
    "affect affects influence influences correlate correlated correlation relate related relation relationship linked "
    "link impact impacts determine determines"
)
CAUSES = keys(
    "why drive drives drove driving driven cause caused causes reason reasons explain explains explained behind"
)
AHEAD = keys(
    "forecast forecasts predict prediction predicted expect expected outlook heading projection projected"
)
UNUSUAL = keys(
    "unusual outlier outliers anomaly anomalies anomalous abnormal odd strange weird exceptional surprising suspicious "
    "irregular"
)
HELD = keys("concentrate concentrated concentration rely relies reliance dominate dominated pareto")
FAULTS = keys("missing duplicate duplicates duplicated nulls incomplete dirty invalid")
ROWS = keys("row rows record records entry entries line lines")
NEGATES = word_set("except excluding without not exclude excl")
NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "fifteen": 15, "twenty": 20,
}  # fmt: skip

# Words of which each may stand for the others when a column or member is looked for.
SAME = (
    word_set("revenue sales turnover income"),
    word_set("customer client buyer"),
    word_set("quantity unit volume"),
    word_set("cost expense spend spending"),
    word_set("employee staff worker headcount"),
    word_set("profit margin earnings"),
    word_set("product item article"),
    word_set("ticket case issue incident"),
    word_set("attrition churn left"),
    word_set("country nation"),
    word_set("agent assignee representative"),
    word_set("salary wage pay"),
    word_set("rating score satisfaction"),
    word_set("visit session visitor"),
    word_set("device machine sensor"),
)
# Adjectives and verbs, and the words of the measures they speak of.
SPEAKS_OF = {
    **dict.fromkeys(keys("slow slower slowest fast faster fastest quick quicker quickest"), "duration"),
    **dict.fromkeys(
        keys("long longer longest short shorter shortest late later take takes took"), "duration"
    ),
    **dict.fromkeys(keys("expensive cheap cheaper cheapest dear dearer costly pricey"), "price cost bill"),
    **dict.fromkeys(keys("profitable profitably"), "profit margin"),
    **dict.fromkeys(keys("hot hotter hottest warm warmer cold colder coldest"), "temperature temp"),
    **dict.fromkeys(keys("heavy heavier heaviest light lighter"), "weight"),
    **dict.fromkeys(keys("old older oldest young younger youngest"), "age"),
    **dict.fromkeys(keys("happy happier happiest satisfied"), "satisfaction rating score"),
    **dict.fromkeys(keys("sell sells sold selling"), "revenue sales quantity units amount"),
    **dict.fromkeys(keys("earn earns earned"), "revenue income salary profit"),
    **dict.fromkeys(keys("busy busier busiest quiet quieter quietest"), "rows"),
}
# Of these, adjectives say what one thing is like, so that means are asked for; selling and earning add up.
DESCRIBES = frozenset(
    word for word, named in SPEAKS_OF.items() if not named.startswith(("revenue", "rows", "profit"))
)
DURATION_UNITS = frozenset({"ms", "s", "minutes", "hours", "days"})
# Words of a column's name that nobody says when asking for it.
UNSAID = keys(
    "id ids usd eur gbp chf pct percent is was has at on of to the by in from with share name nr no key code"
)

_KNOWN = frozenset().union(
    map(key, STOP_WORDS | FILLERS | SMALL | NEGATES | frozenset(NUMBERS)), STATISTICS, UP, DOWN, MOVES, DEVELOPS,
    COMPARATIVES_UP, COMPARATIVES_DOWN, DIFFERS, HIGH_RANKS, LOW_RANKS, RELATES, CAUSES, AHEAD, UNUSUAL, HELD, FAULTS,
    ROWS, SPEAKS_OF, keys("depend depends dependent few contribute contribution split breakdown break down quality "
                          "value values seasonal seasonality season different have time times statistically "
                          "significant significantly really actually many ever impact so compared versus"),
)  # fmt: skip


_EMPTY = frozenset(map(key, STOP_WORDS | FILLERS | SMALL | NEGATES))


def is_empty(word_key: str) -> bool:
    """Whether a word asks for nothing by itself."""
    return word_key in _EMPTY


def is_known(word_key: str) -> bool:
    """Whether a word is one of a question's own: it asks for something, or for nothing by itself."""
    return word_key in _KNOWN
