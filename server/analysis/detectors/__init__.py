"""One file for each type of insight."""

from server.analysis.detectors.association import Association
from server.analysis.detectors.change import Change
from server.analysis.detectors.change_point import ChangePoint
from server.analysis.detectors.concentration import Concentration
from server.analysis.detectors.correlation import Correlation
from server.analysis.detectors.data_quality import DataQuality
from server.analysis.detectors.driver import Driver
from server.analysis.detectors.evenness import Evenness
from server.analysis.detectors.forecast import Outlook
from server.analysis.detectors.group_difference import GroupDifference
from server.analysis.detectors.mix_shift import MixShift
from server.analysis.detectors.outlier import Outlier
from server.analysis.detectors.seasonality import Seasonality
from server.analysis.detectors.trend import SteadyTrend
from server.analysis.hypothesis import Detector

# A new type of insight is a file here and its line in this table.
DETECTORS: tuple[Detector, ...] = (
    Change(),
    SteadyTrend(),
    GroupDifference(),
    Association(),
    Concentration(),
    Outlier(),
    Seasonality(),
    ChangePoint(),
    Outlook(),
    Correlation(),
    Driver(),
    MixShift(),
    Evenness(),
    DataQuality(),
)
