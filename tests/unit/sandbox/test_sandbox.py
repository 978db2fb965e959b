"""The sandbox runs jobs in limited children, and ends them when nobody waits."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from server.job import JobFailed
from server.work.frames import MAX_RESULT_BYTES
from server.work.jobs import JOBS, Job
from server.work.sandbox import Limits, Sandbox

MIB = 1 << 20
SMALL = Limits(memory_bytes=256 * MIB, cpu_seconds=1, file_bytes=5_000, wall_seconds=10)
BAD = (
    "echo", "fail", "crash", "grow", "spin", "sleep", "die", "surroundings", "connect", "large", "not_there",
    "no_bytes",
)  # fmt: skip


@pytest.fixture(scope="module")
def jobs() -> dict[str, Job]:
    module = f"{__name__.rpartition('.')[0]}.bad_jobs".lstrip(".")
    found = {name: Job(f"{module}:{name}") for name in BAD}
    return found | {"write": Job(f"{module}:write", writes=True), "steal": Job(f"{module}:write")}


@pytest_asyncio.fixture
async def sandbox(jobs: dict[str, Job], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    monkeypatch.setenv("CLARIBI_TOKEN_SECRET", "never shown to a child")
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3]))
    box = Sandbox(jobs=jobs, preload=())
    yield box
    await box.close()


async def failure(
    box: Sandbox, job: str, payload: dict[str, Any] | None = None, limits: Limits = SMALL
) -> JobFailed:
    with pytest.raises(JobFailed) as caught:
        await box.run(job, payload or {}, limits=limits)
    return caught.value


async def test_a_job_gives_its_result_and_its_progress(sandbox: Sandbox) -> None:
    heard: list[tuple[str, float]] = []
    result = await sandbox.run("echo", {"text": "héllo"}, progress=lambda *said: heard.append(said))
    assert (result.decode(), heard) == ("héllo", [("half", 0.5)])


async def test_a_failure_a_job_names_reaches_the_caller_unchanged(sandbox: Sandbox) -> None:
    failed = await failure(sandbox, "fail")
    assert (failed.code, failed.message, failed.details) == (
        "validation_error",
        "Bad file.",
        {"file": ["line 3"]},
    )


async def test_a_crash_is_an_internal_error_whose_trace_goes_to_the_log_only(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    failed = await failure(sandbox, "crash")
    assert failed.code == "internal_error"
    assert "secret detail" not in failed.message + str(failed.details)
    assert "secret detail" in caplog.text


@pytest.mark.parametrize(
    ("job", "payload", "code", "limit"),
    [
        ("grow", {}, "data_source_unavailable", "memory"),
        ("spin", {}, "deadline_exceeded", "cpu"),
        ("die", {}, "internal_error", None),
        ("not_there", {}, "internal_error", None),
        ("no_bytes", {}, "internal_error", None),
        ("large", {"bytes": MAX_RESULT_BYTES + 1}, "internal_error", None),
    ],
)
async def test_a_child_beyond_its_limits_is_a_clear_failure(
    sandbox: Sandbox, job: str, payload: dict[str, Any], code: str, limit: str | None
) -> None:
    roomy = Limits(memory_bytes=1024 * MIB, cpu_seconds=10, wall_seconds=20)
    failed = await failure(sandbox, job, payload, roomy if job == "large" else SMALL)
    assert (failed.code, failed.details.get("limit")) == (code, limit)


async def test_the_wall_clock_ends_a_child_that_only_waits(sandbox: Sandbox) -> None:
    await sandbox.ready()
    failed = await failure(sandbox, "sleep", limits=Limits(wall_seconds=0.3))
    assert (failed.code, failed.details["limit"]) == ("deadline_exceeded", "wall")


async def test_a_file_beyond_the_limit_is_refused_and_a_reading_job_writes_nothing(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    failed = await failure(sandbox, "write", {"path": str(tmp_path / "large")})
    assert (failed.code, failed.details["limit"]) == ("payload_too_large", "file")
    await failure(sandbox, "steal", {"path": str(tmp_path / "stolen")}, Limits())
    assert (tmp_path / "stolen").stat().st_size == 0
    assert await sandbox.run("write", {"path": str(tmp_path / "fits")}) == b"written"


async def test_a_child_sees_no_secret_no_open_file_and_lives_in_its_own_session(sandbox: Sandbox) -> None:
    text = (await sandbox.run("surroundings", {})).decode()
    assert "CLARIBI" not in text
    variables, open_files, own_session, niceness = eval(text)
    assert set(variables) <= {"HOME", "LANG", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHONPATH", "TZ"}
    # standard streams, its channel, and the folder it is just listing
    assert open_files <= 5
    assert own_session
    assert niceness > 0


async def test_a_child_reaches_no_port_when_the_kernel_lets_us_cut_it_off(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = int(await sandbox.run("connect", {"port": server.getsockname()[1]}))
    if not sandbox.network_isolated:
        pytest.skip("this kernel allows no network namespace; DuckDB stays locked all the same")
    assert answer != 0


async def test_cancelling_kills_the_child_at_once_and_frees_its_place(sandbox: Sandbox) -> None:
    started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(sandbox.run("sleep", {}, progress=lambda pid, _: started.set_result(int(pid))))
    pid = await started
    assert psutil.pid_exists(pid)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not psutil.pid_exists(pid)
    assert await sandbox.run("echo", {"text": "next"}) == b"next"


async def test_no_more_children_than_allowed_run_at_once_and_the_rest_waits_in_order(
    sandbox: Sandbox,
) -> None:
    order: list[str] = []
    both = asyncio.Event()

    def heard(pid: str, _: float) -> None:
        order.append(pid)
        if len(order) == 2:
            both.set()

    running = [asyncio.create_task(sandbox.run("sleep", {}, progress=heard)) for _ in range(2)]
    await asyncio.wait_for(both.wait(), 10)
    waiting = [
        asyncio.create_task(sandbox.run("echo", {"text": text}, progress=lambda *_, t=text: order.append(t)))
        for text in ("first", "second")
    ]
    await asyncio.sleep(0.1)
    assert len(order) == 2
    running[0].cancel()
    assert await asyncio.gather(*waiting) == [b"first", b"second"]
    assert order[2:] == ["first", "second"]
    running[1].cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def test_a_warm_process_that_died_is_started_again(sandbox: Sandbox) -> None:
    await sandbox.ready()
    warm = next(c for c in psutil.Process().children() if "server.work.sandbox_child" in c.cmdline())
    os.kill(warm.pid, 9)
    await asyncio.to_thread(warm.wait, 5)
    await asyncio.sleep(0.05)
    assert await sandbox.run("echo", {"text": "again"}) == b"again"


async def test_closing_leaves_no_process_behind(jobs: dict[str, Job]) -> None:
    box = Sandbox(jobs=jobs, preload=())
    before = set(psutil.Process().children(recursive=True))
    started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(box.run("sleep", {}, progress=lambda pid, _: started.set_result(int(pid))))
    pid = await started
    await box.close()
    with pytest.raises(JobFailed):
        await task
    for _ in range(50):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            break
        await asyncio.sleep(0.02)
    else:
        pytest.fail("the child outlived the sandbox")
    assert set(psutil.Process().children(recursive=True)) <= before


def test_every_job_of_the_table_names_a_module_and_a_function() -> None:
    assert all(job.function.count(":") == 1 and job.function.startswith("server.") for job in JOBS.values())
