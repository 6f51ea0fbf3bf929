"""The fields of the language, read off the types: for advice, the reference and the schema."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


def known_fields(model: type[BaseModel], steps: list[str]) -> list[str]:
    """The names of the fields at a path such as ["arms", "placebo"]; empty where there are none."""
    here: list[type[BaseModel] | Any] = [model]
    for step in steps:
        found = [inner for shape in here for inner in _inside(shape, step)]
        here = found or here
    models = [shape for outer in here for shape in _models(outer)]
    return sorted({field.alias or name for m in models for name, field in m.model_fields.items()})


def _inside(shape: Any, step: str) -> Iterator[Any]:
    for option in _options(shape):
        if isinstance(option, type) and issubclass(option, BaseModel):
            for name, field in option.model_fields.items():
                if step in (name, field.alias):
                    yield field.annotation
        elif get_origin(option) is dict:
            yield get_args(option)[1]
        elif get_origin(option) is tuple and step.isdigit():
            yield get_args(option)[0]


def _models(shape: Any) -> Iterator[type[BaseModel]]:
    for option in _options(shape):
        if isinstance(option, type) and issubclass(option, BaseModel):
            yield option


def _options(shape: Any) -> Iterator[Any]:
    if get_origin(shape) is Annotated:
        yield from _options(get_args(shape)[0])
    elif get_origin(shape) in (Union, UnionType):
        for part in get_args(shape):
            yield from _options(part)
    else:
        yield shape
