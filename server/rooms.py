"""The rooms of one installation, put together: what services need, started and closed in one order."""

from importlib.metadata import version

from server.caller import Call
from server.services.api_keys import ApiKeyService
from server.services.auth import AuthService
from server.services.dashboards import DashboardService
from server.services.data_sources import DataSourceService
from server.services.edge import EdgeService
from server.services.goals import GoalService
from server.services.members import MemberService
from server.services.monitoring import MonitoringService
from server.services.reports import ReportService
from server.services.sharing import SharingService
from server.services.usage import UsageService
from server.settings import Settings
from server.stores.files import Files
from server.stores.limiter import MemoryLimiter
from server.stores.session import Database
from server.work.generate import Generator
from server.work.keys import KeyUsage
from server.work.links import Linker
from server.work.passwords import Passwords
from server.work.sandbox import Sandbox
from server.work.sync import Syncer
from server.work.tokens import AccessTokens, Secrets

__all__ = ["Call", "Rooms"]
