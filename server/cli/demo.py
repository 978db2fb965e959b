"""The main job, done once for real: a server of its own, REST in front, gRPC behind, files to look at."""

import csv
import io
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import grpc
from claribi.v1 import reports_pb2, reports_pb2_grpc
from rich.console import Console
from rich.table import Table

from server.cli.shop import shop_files

EMAIL = "owner@example.com"
START_SECONDS = 60.0
SCOPES = [
    "reports:read",
    "reports:generate",
    "reports:share",
    "dashboards:read",
    "dashboards:create",
    "dashboards:refresh",
    "data_sources:read",
    "usage:read",
]
# The file's own names and what people call them.
MACRO_COLUMNS = {
    "realgdp": "real_gdp_billion_usd",
    "realcons": "real_consumption_billion_usd",
    "realinv": "real_investment_billion_usd",
    "unemp": "unemployment_percent",
    "infl": "inflation_percent",
    "cpi": "consumer_price_index",
    "m1": "money_stock_m1_billion_usd",
    "tbilrate": "treasury_bill_rate_percent",
    "pop": "population_thousands",
}


class DemoError(click.ClickException):
    """A step that did not do what it should."""


@dataclass(frozen=True)
class Running:
    """The demo's own server."""

    rest: str
    grpc: str


def run_demo(folder: Path) -> None:
    """Run every step, print what each did, and say where the files are."""
    console = Console(highlight=False)
    console.print("\n[bold]claribi demo[/bold]  a server of its own, real data, one report\n")
    folder = folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    password = secrets.token_urlsafe(18)
    began = time.monotonic()
    with _step(console, "Create the owner"):
        _create_owner(folder, password)
    with _server(console, folder) as running:
        _Tour(console, running, folder, password).walk()
    _farewell(console, folder, password, seconds=time.monotonic() - began)


class _Tour:
    """The steps of a user, in order."""

    def __init__(self, console: Console, running: Running, folder: Path, password: str) -> None:
        import httpx2

        self._console = console
        self._running = running
        self._folder = folder
        self._password = password
        self._http = httpx2.Client(base_url=running.rest, timeout=180)

    def walk(self) -> None:
        """All of it."""
        with _step(self._console, "Sign in and make an API key"):
            session = self._sign_in()
            key = self._make_key(session)
        with _step(self._console, "Upload US macroeconomic quarters (real) and a shop (synthetic)"):
            macro = self._upload(session, "US macroeconomic quarters", {"quarters.csv": macro_csv()})
            shop = self._upload(session, "Shop (synthetic)", shop_files())
        self._print_sources([macro, shop])
        with _step(self._console, "Build a dashboard and refresh it"):
            board = self._build_board(key, shop)
        with _step(self._console, "Generate the PDF report"):
            report = self._generate(key, [shop["id"], macro["id"]])
        with _step(self._console, "Download it, share it, check its numbers"):
            files = self._download(key, report["id"])
            link = self._post(f"/api/v1/reports/{report['id']}/public-link/", key, {"allow_download": True})
            verdict = self._post(f"/api/v1/reports/{report['id']}/verify/", key, {})
        with _step(self._console, "Read it back over gRPC"):
            echoed = self._read_over_grpc(key, report["id"])
        self._print_result(echoed, board=board, link=link, verdict=verdict, files=files)

    def _sign_in(self) -> str:
        answer = self._call("POST", "/api/auth/login/", json={"email": EMAIL, "password": self._password})
        return str(answer["access"])

    def _make_key(self, session: str) -> str:
        body = {"name": "Demo", "scopes": SCOPES, "expiry": "30d"}
        return str(self._post("/api/developer/api-keys/", session, body)["key"])

    def _upload(self, session: str, name: str, files: dict[str, bytes]) -> dict[str, Any]:
        parts = [("file", (file, content, "text/csv")) for file, content in files.items()]
        headers = {"authorization": f"Bearer {session}"}
        return self._call("POST", "/api/data-sources/", headers=headers, data={"name": name}, files=parts)

    def _build_board(self, key: str, shop: dict[str, Any]) -> dict[str, Any]:
        body = {"name": "Shop overview", "data_source_ids": [shop["id"]]}
        board = self._post("/api/v1/dashboards/", key, body)
        return self._post(f"/api/v1/dashboards/{board['id']}/refresh/", key, {})

    def _generate(self, key: str, sources: list[str]) -> dict[str, Any]:
        body = {
            "name": "Quarterly review",
            "data_source_ids": sources,
            "question": "How did revenue develop, and where?",
            "report_type": "standard",
            "output_format": "pdf",
        }
        return self._post("/api/v1/reports/generate/", key, body)

    def _download(self, key: str, report_id: str) -> list[Path]:
        files = []
        for word in ("pdf", "html", "xlsx", "pptx", "csv", "json"):
            response = self._http.get(
                f"/api/v1/reports/{report_id}/download/",
                params={"format": word},
                headers={"authorization": f"Bearer {key}"},
            )
            _check(response)
            path = self._folder / f"quarterly-review.{word}"
            path.write_bytes(response.content)
            files.append(path)
        return files

    def _read_over_grpc(self, key: str, report_id: str) -> reports_pb2.Report:
        options = [("grpc.max_receive_message_length", 64 << 20)]
        with grpc.insecure_channel(self._running.grpc, options=options) as channel:
            make_stub: Any = reports_pb2_grpc.ReportServiceStub
            stub = make_stub(channel)
            report: reports_pb2.Report = stub.GetReport(
                reports_pb2.GetReportRequest(id=report_id),
                metadata=[("authorization", f"Bearer {key}")],
                timeout=30,
            )
        return report

    def _post(self, path: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._call("POST", path, headers={"authorization": f"Bearer {token}"}, json=body)

    def _call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        response = self._http.request(method, path, **arguments)
        _check(response)
        answer: dict[str, Any] = response.json()
        return answer

    def _print_sources(self, sources: list[dict[str, Any]]) -> None:
        for source in sources:
            for table in source["schema"]["tables"]:
                shape = f"{table['rows']:,} rows x {len(table['columns'])} columns"
                self._console.print(f"     {source['name']} / {table['name']}: {shape}")

    def _print_result(
        self,
        report: reports_pb2.Report,
        *,
        board: dict[str, Any],
        link: dict[str, Any],
        verdict: dict[str, Any],
        files: list[Path],
    ) -> None:
        self._console.print("\n[bold]The three most important things it found[/bold]")
        for insight in report.insights[:3]:
            self._console.print(f"  {insight.rank}. [bold]{insight.title}[/bold]", soft_wrap=True)
            self._console.print(f"     {insight.narrative}", soft_wrap=True)
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        tested = report.statistics
        table.add_row("tested", f"{tested.hypotheses_tested} hypotheses, {tested.discoveries} passed")
        table.add_row("evidence", f"{verdict['matched']} of {verdict['total']} numbers re-run and matched")
        table.add_row("dashboard", f"{len(board['widgets'])} widgets, {len(board['insights'])} insights")
        table.add_row("shared at", link["url"] + "  (while the server runs)")
        for path in files:
            table.add_row(path.suffix[1:], str(path))
        self._console.print()
        self._console.print(table, soft_wrap=True)


def macro_csv() -> bytes:
    """US macroeconomic quarters 1959-2009, as they ship inside statsmodels, with a date for each quarter.

    Raises DemoError when the demo extra is not installed.
    """
    found = find_spec("statsmodels")
    if found is None or not found.submodule_search_locations:
        raise DemoError("The demo's data set ships inside statsmodels: install the extra, claribi[demo].")
    path = Path(found.submodule_search_locations[0]) / "datasets" / "macrodata" / "macrodata.csv"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["quarter", *MACRO_COLUMNS.values()])
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            month = 3 * int(float(row["quarter"])) - 2
            first_day = f"{int(float(row['year']))}-{month:02d}-01"
            writer.writerow([first_day, *(row[name] for name in MACRO_COLUMNS)])
    return text.getvalue().encode()


def _create_owner(folder: Path, password: str) -> None:
    command = ["create-owner", "--organization", "Demo", "--email", EMAIL, "--tier", "professional"]
    environment = {**os.environ, "CLARIBI_OWNER_PASSWORD": password}
    done = subprocess.run(
        [sys.executable, "-m", "server", "--data-dir", str(folder / "data"), *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DemoError(done.stderr.strip())


@contextmanager
def _server(console: Console, folder: Path) -> Iterator[Running]:
    """A server on free ports, stopped in the end; its log stays in the folder."""
    log = folder / "server.log"
    command = [
        "--data-dir",
        str(folder / "data"),
        "serve",
        "--port",
        "0",
        "--grpc-port",
        "0",
        "--log-format",
        "json",
    ]
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "server", *command], stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            with _step(console, "Start the server"):
                running = _read_addresses(process, log)
            yield running
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


def _read_addresses(process: "subprocess.Popen[str]", log: Path) -> Running:
    found: dict[str, str] = {}
    assert process.stdout is not None  # noqa: S101 - it was asked for
    for line in process.stdout:
        words = line.split()
        found[words[0]] = words[1]
        if {"REST", "gRPC"} <= found.keys():
            return Running(found["REST"].removesuffix("/api/v1/"), found["gRPC"])
    raise DemoError(f"The server did not start:\n{log.read_text()[-2000:]}")


@contextmanager
def _step(console: Console, title: str) -> Iterator[None]:
    """A line with a spinner while it lasts and its seconds when it is done."""
    began = time.monotonic()
    if console.is_terminal:
        with console.status(title):
            yield
    else:
        console.print(f"     {title} ...")
        yield
    console.print(f"[green]  ok[/green] {title}  [dim]{time.monotonic() - began:.1f} s[/dim]")


def _check(response: Any) -> None:
    if response.status_code >= 400:
        raise DemoError(
            f"{response.request.method} {response.request.url}: {response.status_code} {response.text}"
        )


def _farewell(console: Console, folder: Path, password: str, *, seconds: float) -> None:
    say: Callable[[str], None] = lambda line: console.print(line, soft_wrap=True)  # noqa: E731
    say(f"\nDone in {seconds:.0f} s. Everything is in {folder}.")
    say("To keep a server running on this data:")
    say(f"  [bold]CLARIBI_DATA_DIR={folder / 'data'} make serve[/bold]")
    say(f"  (or, where claribi is installed: claribi --data-dir {folder / 'data'} serve)")
    say(f"and sign in at http://127.0.0.1:8000/settings/developer/ as {EMAIL}, password {password}\n")
