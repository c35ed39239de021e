#!/usr/bin/env python3
# A license that documents nothing.
"""Shapes and what
can be done with them.

    Indented.
"""

from __future__ import annotations

import abc
import os.path as p, sys
from collections import namedtuple, OrderedDict as OD
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import *
from . import helpers
from ..base import Base as B

import attr
import pydantic
from pydantic import BaseModel, Field

__version__ = "1.2"
__all__ = ["Circle", "Shape", "area", "_listed", "helpers"]
__all__ += ("Color", 'PI')
__all__.extend(["Point"])
__all__.append("walk")
__all__.remove("helpers")

PI: Final[float] = 3.14
"""The ratio
   of circles."""

#: Most that is allowed.
LIMIT = 10
TABLE = {
    "one": 1,
    "two": 2,
}  #: Names of numbers.
# How long to wait.
# Seconds.
_TIMEOUT = 3  # noqa
# type: ignore
A_LONE, OTHER = 1, 2
first = second = None
public_value = os.path.join("a")
_hidden_value = 1
obj.attribute = 1
retries: int

Vector: TypeAlias = list[float]
UserId = NewType("UserId", int)
_Key = Union[int, str]
Maybe = int | None
type Pair[T, *Ts] = tuple[T, *Ts]
Point = namedtuple("Point", "x, y z")
Row = NamedTuple("Row", [("id", int), ("name", str)])
Mood = Enum("Mood", ["GOOD", "BAD"])
Movie = TypedDict("Movie", {"title": str})

if sys.version_info >= (3, 11):
    NEW = True
else:
    NEW = False
try:
    import json as fast
except ImportError:
    fast = None

if __name__ == "__main__":
    MAIN = area(1)


def area(
    radius: float,  # in meters
    /,
    unit="m(2)",
    *sizes: int,
    precise: bool = False,
    **rest: Any,
) -> float:
    # Not a docstring.
    r"""Gives \d the area."""

    def inner():
        yield 1

    class Local:
        def method(self): ...

    return inner()


async def walk(*, limit: int = 3): yield limit


def _listed(): pass


def not_listed(a, b=lambda: (yield)): """One line."""


@functools.lru_cache(maxsize=None)
@trace
def _cached[T: int](x: T) -> list[T]:
    'Sing\'le.'
    return [x for x in helpers.all(x)]


@contextlib.contextmanager
def opened():
    yield


class Shape(B, abc.ABC, metaclass=abc.ABCMeta):
    """A shape."""

    SIDES: ClassVar[int] = 0
    """How many sides."""

    kind = "shape"  #: What it is.
    name: str
    "Its name."
    __slots__ = ("a",)

    def __init__(self, name: str, *, deep=None) -> None:
        super().__init__(name)
        self.name = name
        #: How deep.
        self.deep: int = deep
        self.nested.value = 1
        if name:
            self.conditional = 1

    @property
    def size(self) -> int:
        """The size."""
        return self._size()

    @size.setter
    def size(self, value: int): ...

    @size.deleter
    def size(self): ...

    @classmethod
    @abc.abstractmethod
    def make(cls, *args) -> "Shape": ...

    @staticmethod
    def build(self, x=1, *, y): ...

    @overload
    def scale(self, by: int) -> int: ...
    def scale(self, by): return " ".join(by).strip()

    def __init_subclass__(cls): ...
    def __repr__(self): return f"{self!r}"
    def _protected(self): ...
    def __mangled(self): ...

    @typing.override
    @final
    async def draw(self): await self.make()(1)

    class Inner:
        def deep(self): ...

    if TYPE_CHECKING:
        def guarded(self): ...


class Circle(Shape, Generic[T]):
    pass


class Color(str, Enum):
    """Colors."""

    RED = "r"
    """Like blood."""
    GREEN = auto()
    _ignore_ = []
    label: str

    def mix(self, other): ...


@dataclass(frozen=True)
class Data:
    x: int
    y: list[int] = field(default_factory=list)


@attr.s
class Attr:
    z = attr.ib()


class Model(BaseModel):
    """A model."""

    id: int = Field(..., description="The id")
    _secret: str = ""


class SubModel(Model): ...


class Reads(Protocol[T]):
    def read(self) -> T: ...


class Failure(ValueError, metaclass=Meta): ...


@deprecated("no more")
class Film(TypedDict, total=False):
    title: str


class _Hidden:
    def public_name(self): ...
