"""The rooms of one installation, put together: what services need, started and closed in one order."""

from collections.abc import Mapping
from importlib.metadata import version

from rest_bridge.codec import Codec
from rest_bridge.style import STYLE
from server.analysis.board import suggest_widgets
from server.interceptors.idempotency import Idempotency
from server.query.check import check_query
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
from server.work.bound_goals import BoundGoals
from server.work.checks import Checker
from server.work.generate import Generator
from server.work.keys import KeyUsage
from server.work.links import Linker
from server.work.page_cache import PageCache
from server.work.pages import SharedPages
from server.work.passwords import Passwords
from server.work.refresh import Refresher
from server.work.sandbox import Sandbox
from server.work.sync import Syncer
from server.work.tokens import AccessTokens, Secrets

VERSION = version("claribi")


class Rooms:
    """What the services share."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.files = Files(settings.data_dir)
        self.files.prepare()
        self.database = Database(settings)
        self.secrets = Secrets(settings)
        self.tokens = AccessTokens(self.secrets, seconds=settings.access_token_seconds)
        self.passwords = Passwords(settings)
        self.limiter = MemoryLimiter()
        self.key_usage = KeyUsage(self.database)
        self.idempotency = Idempotency(self.database, lease_seconds=settings.lease_seconds)
        self.sandbox = Sandbox(settings.job_processes)
        self.linker = Linker(self.secrets.derive)
        self.syncer = Syncer(settings, self.database, files=self.files, sandbox=self.sandbox)
        self.generator = Generator(settings, self.database, files=self.files, sandbox=self.sandbox)
        self.refresher = Refresher(settings, self.database, files=self.files, sandbox=self.sandbox)
        self.bound_goals = BoundGoals(settings, self.database, files=self.files, sandbox=self.sandbox)
        self.syncer.on_synced = self.bound_goals.refresh_bound_goals

    async def start(self) -> None:
        """Start what works in the background; what an earlier process left behind is put right first."""
        await self.syncer.start()
        await self.refresher.start()
        await self.sandbox.start()
        self.key_usage.start()
        await self.generator.start()
        await self.bound_goals.start()

    async def close(self, grace_seconds: float) -> None:
        """End it in the opposite order."""
        await self.idempotency.close()
        await self.bound_goals.close()
        await self.generator.close(grace_seconds)
        await self.syncer.close()
        await self.key_usage.close()
        await self.sandbox.close()
        self.passwords.close()
        self.database.close()

    def services(self) -> Mapping[str, object]:
        """Every service of the contract by its full name."""
        return {f"claribi.v1.{type(service).__name__}": service for service in self._services()}

    def _services(self) -> tuple[object, ...]:
        database, files = self.database, self.files
        return (
            AuthService(
                settings=self.settings,
                database=database,
                passwords=self.passwords,
                tokens=self.tokens,
                limiter=self.limiter,
            ),
            ApiKeyService(),
            MemberService(database=database, passwords=self.passwords),
            UsageService(limiter=self.limiter),
            ReportService(
                database=database,
                files=files,
                generator=self.generator,
                checker=Checker(self.settings, database, files=files, sandbox=self.sandbox),
                linker=self.linker,
            ),
            DashboardService(
                database=database,
                linker=self.linker,
                refresher=self.refresher,
                check_widget=check_query,
                suggest_widgets=suggest_widgets,
            ),
            DataSourceService(database=database, files=files, syncer=self.syncer),
            GoalService(bound_goals=self.bound_goals),
            SharingService(
                database=database,
                files=files,
                linker=self.linker,
                passwords=self.passwords,
                pages=PageCache(SharedPages(self.settings, sandbox=self.sandbox)),
                to_json=Codec(STYLE).write,
            ),
            MonitoringService(
                settings=self.settings, database=database, version=VERSION, workers=self._check_workers
            ),
            EdgeService(),
        )

    async def _check_workers(self) -> str:
        await self.sandbox.ready()
        return "Child processes can be started."
