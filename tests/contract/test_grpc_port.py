"""What only gRPC has: health, reflection, uploads by client stream, raw bytes that are no message."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from claribi.v1 import data_sources_pb2, data_sources_pb2_grpc, reports_pb2, reports_pb2_grpc
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from server.app import Application
from server.grpc_port import GrpcPort
from server.methods import load_methods
from server.settings import Settings
from server.transport import CallMaker
from tests.support.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
LIST_REQUEST = reflection_pb2.ServerReflectionRequest(list_services="")


def _metadata(world: World, role: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {world.home.members[role].token}"),)


async def test_health_speaks_for_every_service(world: World) -> None:
    async with grpc.aio.insecure_channel(world.grpc_address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ("", *sorted({method.service for method in load_methods()})):
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING, name


async def test_reflection_is_there_in_development(world: World) -> None:
    async with grpc.aio.insecure_channel(world.grpc_address) as channel:
        call = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([LIST_REQUEST]))
        names = {s.name for s in (await call.read()).list_services_response.service}
        call.cancel()
    assert {method.service for method in load_methods()} <= names


async def test_reflection_is_off_in_production(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, grpc_port=0)
    assert not settings.reflection_on
    application = Application.build(settings)
    port = GrpcPort(application.core, CallMaker(settings), settings)
    await port.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port.port}") as channel:
            call = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(
                iter([LIST_REQUEST])
            )
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call.read()
            assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
    finally:
        await port.stop(1)
        await application.stop()


async def test_a_file_is_uploaded_by_client_stream(world: World) -> None:
    async def parts() -> AsyncIterator[data_sources_pb2.UploadDataSourceRequest]:
        yield data_sources_pb2.UploadDataSourceRequest(
            file=data_sources_pb2.FileStart(name="towns.csv", content_type="text/csv")
        )
        for chunk in (b"town,people\nUlm,12", b"6000\nJena,110000\n"):
            yield data_sources_pb2.UploadDataSourceRequest(chunk=chunk)
        yield data_sources_pb2.UploadDataSourceRequest(metadata=data_sources_pb2.UploadMetadata(name="Towns"))

    async with grpc.aio.insecure_channel(world.grpc_address) as channel:
        stub = data_sources_pb2_grpc.DataSourceServiceStub(channel)
        source = await stub.UploadDataSource(parts(), metadata=_metadata(world, "administrator"))
        assert [table.rows for table in source.schema.tables] == [2]
        await stub.DeleteDataSource(
            data_sources_pb2.DeleteDataSourceRequest(id=source.id), metadata=_metadata(world, "administrator")
        )


async def test_bytes_that_are_no_message_are_a_validation_error(world: World) -> None:
    async with grpc.aio.insecure_channel(world.grpc_address) as channel:
        call = channel.unary_unary("/claribi.v1.ReportService/GetReport")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(b"\xff\xff\xff", metadata=_metadata(world, "viewer"))
        assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        with pytest.raises(grpc.aio.AioRpcError) as stranger:
            await call(b"\xff\xff\xff")
        assert stranger.value.code() == grpc.StatusCode.UNAUTHENTICATED


async def test_an_error_carries_reason_fields_and_rate_limits(world: World) -> None:
    async with grpc.aio.insecure_channel(world.grpc_address) as channel:
        stub = reports_pb2_grpc.ReportServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.GenerateReport(
                reports_pb2.GenerateReportRequest(), metadata=_metadata(world, "member")
            )
    status = rpc_status.from_call(refused.value)
    assert status is not None
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain) == ("validation_error", "claribi")
    assert status.details[1].Unpack(bad)
    assert {violation.field for violation in bad.field_violations} == {"name", "data_source_ids"}
    trailing = dict(refused.value.trailing_metadata() or ())
    assert {
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "x-request-id",
    } <= trailing.keys()


async def test_a_deadline_is_kept(world: World) -> None:
    request = reports_pb2.GenerateReportRequest(
        name="Too late", data_source_ids=[world.home.ids["data_source"]], report_type=1, output_format=4
    )
    async with grpc.aio.insecure_channel(world.grpc_address) as channel:
        stub = reports_pb2_grpc.ReportServiceStub(channel)
        report = await stub.GenerateReport(request, metadata=_metadata(world, "member"), timeout=1.2)
    # A second before the deadline the answer is the report as it stands, finished or not.
    assert report.status in (1, 2, 3)
