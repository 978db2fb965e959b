"""The words a restated sentence may use: those that carry meaning by their sense, and those that carry none."""

from functools import cache

# Words of one sense may stand for one another; a restated sentence keeps the senses between the same two bound parts.
SENSES: dict[str, str] = {
    "up": "above more higher up upward upwards rise rises rose risen rising climb climbs climbed climbing grow "
    "grows grew grown growing growth increase increases increased increasing gain gains gained gaining over exceed "
    "exceeds exceeded exceeding greater larger bigger upper",
    "down": "below less lower fewer down downward downwards fall falls fell fallen falling drop drops dropped "
    "dropping decline declines declined declining decrease decreases decreased decreasing slip slips slipped "
    "slipping under shrink shrinks shrank shrinking smaller",
    "most": "most mostly mainly largely chiefly",
    "highest": "highest largest biggest greatest peak peaks peaked top maximum",
    "lowest": "lowest smallest least bottom trough minimum",
    "not": "not no never none nothing neither nor without cannot can't isn't wasn't doesn't don't didn't hardly "
    "barely scarcely rarely seldom unless except",
    "cause": "because cause causes caused due owing thanks reason reasons why drive drives drove driven driver "
    "led leads result results resulted explain explains explained effect effects impact impacts therefore hence "
    "thus so",
    "very": "very extremely",
    "strong": "strong strongly",
    "moderate": "moderate moderately",
    "weak": "weak weakly slight slightly small little",
    "sure": "sure certain certainly definitely clearly clear proven proof proves",
    "perhaps": "may might could perhaps possibly likely probably maybe seem seems seemed appear appears appeared "
    "suggest suggests",
    "about": "about around roughly approximately nearly almost some",
    "from": "from",
    "to": "to until till",
    "than": "than against versus vs compared",
    "after": "after following then later since",
    "before": "before earlier previous previously prior ago formerly",
    "next": "next ahead coming future will shall",
    "would": "would",
    "last": "last latest recent recently final",
    "first": "first",
    "one": "one single once sole",
    "all": "all every each always whole entire both any",
    "only": "only alone just merely",
    "rest": "rest other others elsewhere else remaining",
    "another": "another also too same",
    "many": "many several few multiple numerous",
    "better": "better best good improved improvement healthy strength success",
    "worse": "worse worst bad poor worrying alarming problem failure risk",
    "usual": "usual usually typical typically normal normally ordinary regular expected",
    "unusual": "unusual unusually extraordinary exceptional surprising unexpected",
    "together": "together combined",
    "between": "between among",
    "steady": "steady steadily steadier lasting keep keeps kept keeping continue continues continued remain "
    "remains remained",
    "now": "now currently today presently",
    "still": "still",
    "median": "median",
    "mean": "average averages averaged mean",
    "share": "share proportion fraction part portion",
    "rate": "rate",
    "sum": "total totals sum",
    "count": "number numbers count counts counted",
    "rows": "rows row records record observations",
    "hour": "hour hours hourly",
    "day": "day days daily",
    "week": "week weeks weekly weekend weekends",
    "month": "month months monthly",
    "quarter": "quarter quarters quarterly",
    "year": "year years yearly annual annually year-on-year",
    "minute": "minute minutes second seconds",
    "point": "point points percent percentage",
    "double": "twice half",
}
# Senses whose order within a gap matters: "from low to high" is not "to low from high".
ORDERED = frozenset({"up", "down", "from", "to", "before", "after", "highest", "lowest", "better", "worse"})
CALENDAR = frozenset({"hour", "day", "week", "month", "quarter", "year"})
MOVES = frozenset(
    {"climb", "rise", "grow", "increase", "fall", "drop", "decline", "decrease", "slip", "shrink"}
)
# Words that add nothing to what is said.
_NEUTRAL = (
    "a an the this that these those it its it's which who whose there here where when while as at in on of for by "
    "with and or but is are was were be been being has have had having do does did stand stands stood standing sit "
    "sits sat lie lies lay come comes came go goes went gone reach reaches reached reaching show shows "
    "showed shown showing see sees saw seen run runs ran running hold holds held holding make makes made making "
    "take takes took account accounts accounted accounting amount amounts amounted move moves moved moving movement "
    "change changes changed changing difference differences differ differs differed out set apart mark marks marked "
    "figure figures level levels value values data measure measured evidence finding findings period "
    "periods time times stretch span pace direction support supports supported supporting back backs backed backing "
    "report reports reported note noted say says said tell tells told into onto across along within per near beside "
    "how we our you your they their them itself look looks looked looking find finds found give gives gave given "
    "giving represent represents represented representing bring brings brought put puts "
    "can based basis pattern patterns repeat repeats repeated recur recurs recurring rhythm "
    "read reads own"
)
NEUTRAL = frozenset(_NEUTRAL.split())


@cache
def sense_of() -> dict[str, str]:
    """The sense of each word that has one."""
    return {word: sense for sense, words in SENSES.items() for word in words.split()}
