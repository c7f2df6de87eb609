"""What is generated from otlp.proto is what stands beside it."""

from importlib import resources
from pathlib import Path

from grpc_tools import protoc

import otel_quality.wire

WIRE = Path(otel_quality.wire.__file__).parent


def test_the_generated_files_are_those_of_the_schema(tmp_path: Path) -> None:
    well_known = str(resources.files("grpc_tools") / "_proto")
    options = [f"-I{WIRE}", f"-I{well_known}", f"--python_out={tmp_path}", f"--pyi_out={tmp_path}", str(WIRE / "otlp.proto")]
    assert protoc.main(["protoc", *options]) == 0
    for name in ("otlp_pb2.py", "otlp_pb2.pyi"):
        assert (tmp_path / name).read_text() == (WIRE / name).read_text(), f"make {name} anew with grpc_tools.protoc"
