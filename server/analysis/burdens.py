"""Measures of which less is wanted; of others nobody knows from their names which way is good."""

from server.analysis import formats
from server.analysis.columns import Measure
from server.analysis.roles import word_set

_BURDENS = word_set(
    "days hours minutes seconds duration wait waiting delay delayed late latency cost costs expense expenses return "
    "returned returns refund refunded defect defects error errors complaint complaints churn churned cancelled fee "
    "failure failures downtime overdue"
)


def is_burden(measure: Measure) -> bool:
    """Whether the name says that less of it is better."""
    return bool(_BURDENS & set(formats.words(measure.column or measure.label)))
