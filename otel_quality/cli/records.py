"""The API's answers as the records that they were made from, so that pages and tables are drawn from one thing."""

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from otel_quality.client import ApiError

T = TypeVar("T")


def read(kind: type[T], answer: Any) -> T:
    """One record.

    Raises:
        ApiError: the answer is none; the processor is of another version.
    """
    try:
        return TypeAdapter(kind).validate_python(answer)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise ApiError(
            f"the processor's answer is not what this version reads ({where}); use the otel-quality of the same version"
        ) from None


def read_all(kind: type[T], answers: list[Any]) -> list[T]:
    """A list of them; likewise."""
    return [read(kind, each) for each in answers]
