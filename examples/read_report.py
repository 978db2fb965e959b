"""Reads a report over gRPC with the generated stubs: its three first insights, and the query behind each number.

python examples/read_report.py 127.0.0.1:8001 claribi_key_... REPORT_ID
"""

import sys

import grpc
from claribi.v1 import reports_pb2, reports_pb2_grpc


def main(address: str, key: str, report_id: str) -> None:
    """Print them."""
    metadata = [("authorization", f"Bearer {key}")]
    options = [("grpc.max_receive_message_length", 64 << 20)]
    with grpc.insecure_channel(address, options=options) as channel:
        stub = reports_pb2_grpc.ReportServiceStub(channel)
        request = reports_pb2.GetReportRequest(id=report_id)
        report = stub.GetReport(request, metadata=metadata, timeout=30)
    evidence = {item.id: item for item in report.evidence}
    print(report.name)
    for insight in report.insights[:3]:
        print(f"\n{insight.rank}. {insight.title}\n   {insight.narrative}")
        for identifier in insight.evidence_ids:
            item = evidence[identifier]
            print(f"   {item.display:>14}  {item.label}\n                   {item.query}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
