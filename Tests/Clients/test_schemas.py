"""Schemas as pydantic writes them: every type it offers compiles, and what is written under them validates."""

import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import json
import pathlib
import re
import typing
import uuid

import jsonschema
import pydantic
import pytest
import typing_extensions
from pydantic import BaseModel, Field, networks, types
from typing import Annotated, Any, Literal, Optional, Union

MODEL = "tiny-pth/rwkv4-tiny.pth"


class Colour(enum.Enum):
    red = "red"
    blue = "blue"


class Level(enum.IntEnum):
    low = 1
    high = 2


class Point(typing.NamedTuple):
    x: int
    y: float = 0.5


class Options(typing_extensions.TypedDict, total=False):
    verbose: bool
    level: typing_extensions.Required[int]


@dataclasses.dataclass
class Item:
    name: str
    price: Annotated[decimal.Decimal, Field(gt=0, decimal_places=2, max_digits=6)]


@pydantic.dataclasses.dataclass
class Part:
    number: pydantic.PositiveInt
    tags: set[Literal["a", "b", "c"]]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(ge=0, le=9)


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    name: str = Field(max_length=20)


class Tree(BaseModel):
    value: Annotated[int, Field(ge=0, le=99)]
    children: list["Tree"] = Field(max_length=2)


class Base(BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    id: uuid.UUID


class Derived(Base):
    at: datetime.datetime
    size: Annotated[float, Field(ge=0.5, le=1.0)]


class Loose(BaseModel):
    model_config = pydantic.ConfigDict(extra="allow", json_schema_extra={"colour": "red"})
    a: Optional[int] = None


Content = typing.TypeVar("Content")


class Box(BaseModel, typing.Generic[Content]):
    content: Content


# A type, or one with what Field adds to it.
TYPES = {
    "str": str, "int": int, "float": float, "bool": bool, "none": None, "any": Any, "bytes": bytes, "object": object,
    "date": datetime.date, "time": datetime.time, "datetime": datetime.datetime, "timedelta": datetime.timedelta,
    "past_date": pydantic.PastDate, "future_date": pydantic.FutureDate, "aware": pydantic.AwareDatetime,
    "naive": pydantic.NaiveDatetime, "past": pydantic.PastDatetime, "future": pydantic.FutureDatetime,
    "decimal": decimal.Decimal, "condecimal": pydantic.condecimal(gt=0, le=100, max_digits=5, decimal_places=2),
    "decimal_step": Annotated[decimal.Decimal, Field(multiple_of=decimal.Decimal("0.01"), ge=0)],
    "fraction": fractions.Fraction, "complex": complex,
    "uuid": uuid.UUID, **{f"uuid{n}": getattr(pydantic, f"UUID{n}") for n in (1, 3, 4, 5, 6, 7, 8)},
    "path": pathlib.Path, "file_path": pydantic.FilePath, "directory": pydantic.DirectoryPath, "new_path": pydantic.NewPath,
    "ipv4": ipaddress.IPv4Address, "ipv6": ipaddress.IPv6Address, "net4": ipaddress.IPv4Network,
    "net6": ipaddress.IPv6Network, "if4": ipaddress.IPv4Interface, "if6": ipaddress.IPv6Interface,
    "ip": pydantic.IPvAnyAddress, "net": pydantic.IPvAnyNetwork, "if": pydantic.IPvAnyInterface,
    "email": pydantic.EmailStr, "name_email": pydantic.NameEmail, "secret": pydantic.SecretStr,
    "secret_bytes": pydantic.SecretBytes, "json": pydantic.Json, "json_typed": pydantic.Json[list[int]],
    "pattern": re.Pattern, "byte_size": pydantic.ByteSize, "base64": pydantic.Base64Str, "base64bytes": pydantic.Base64Bytes,
    "base64url": pydantic.Base64UrlStr, "import": pydantic.ImportString, "strict_int": pydantic.StrictInt,
    "strict_str": pydantic.StrictStr, "finite": pydantic.FiniteFloat, "positive": pydantic.PositiveFloat,
    "non_negative": pydantic.NonNegativeInt, "negative": pydantic.NegativeFloat, "non_positive": pydantic.NonPositiveInt,
    "card": types.PaymentCardNumber,
    **{name.lower(): getattr(networks, name) for name in (
        "AnyUrl", "AnyHttpUrl", "HttpUrl", "FileUrl", "FtpUrl", "WebsocketUrl", "PostgresDsn", "CockroachDsn", "MySQLDsn",
        "MariaDBDsn", "AmqpDsn", "RedisDsn", "MongoDsn", "KafkaDsn", "NatsDsn", "ClickHouseDsn", "SnowflakeDsn")},
    "list": list[int], "tuple": tuple[int, str], "tuple_any": tuple[int, ...], "set": set[str], "set_enum": set[Colour],
    "frozenset": frozenset[int], "sequence": typing.Sequence[float], "iterable": typing.Iterable[int], "deque": typing.Deque[int],
    "dict": dict[str, int], "dict_any": dict, "dict_enum": dict[Colour, int], "dict_int": dict[int, str],
    "dict_uuid": dict[uuid.UUID, int], "dict_date": dict[datetime.date, bool],
    "dict_pattern": dict[Annotated[str, Field(pattern="^[a-z]+$")], int],
    "dict_length": dict[Annotated[str, Field(min_length=2, max_length=4)], int],
    "dict_size": Annotated[dict[str, int], Field(min_length=1, max_length=3)], "mapping": typing.Mapping[str, Any],
    "literal": Literal["a", 1, True, None], "enum": Colour, "int_enum": Level, "optional": Optional[str],
    "union": Union[int, str, list[bool], None], "named_tuple": Point, "typed_dict": Options, "dataclass": Item, "part": Part,
    "tagged": Annotated[Union[Cat, Dog], Field(discriminator="kind")], "tree": Tree, "derived": Derived, "loose": Loose,
    "box": Box[list[Cat]], "callable_tag": Annotated[
        Union[Annotated[Cat, pydantic.Tag("c")], Annotated[Dog, pydantic.Tag("d")]],
        pydantic.Discriminator(lambda value: "c" if isinstance(value, dict) and value.get("kind") == "cat" else "d")],
    "constr": pydantic.constr(min_length=2, max_length=10, pattern="^[a-z]+$"),
    "stripped": pydantic.constr(strip_whitespace=True, to_lower=True, min_length=1),
    "slug": Annotated[str, Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=64)],
    "conint": pydantic.conint(gt=0, lt=100, multiple_of=5), "confloat": pydantic.confloat(ge=0, le=1),
    "step": Annotated[float, Field(multiple_of=0.5, ge=-2, le=2)], "exclusive": Annotated[float, Field(gt=0, lt=0.1)],
    "conlist": pydantic.conlist(int, min_length=1, max_length=5), "conbytes": pydantic.conbytes(min_length=1, max_length=8),
    "conset": pydantic.conset(int, min_length=1, max_length=3), "annotated": Annotated[str, Field(title="T", examples=["x"])],
    "skip": pydantic.SkipValidation[int], "instance": pydantic.SerializeAsAny[Cat], "alias": Annotated[int, Field(alias="b c")],
    "default": Annotated[list[int], Field(default_factory=list)], "deprecated": Annotated[int, Field(deprecated=True)],
    "json_value": pydantic.JsonValue, "type_var": Content, "fail_fast": Annotated[list[int], pydantic.FailFast()],
    "new_type": typing.NewType("UserId", int), "counter": typing.Counter[str],
}


def schemas():
    for name, type in TYPES.items():
        try:
            model = pydantic.create_model("Model", value=(type, ...))
            models = {mode: model.model_json_schema(mode=mode) for mode in ("validation", "serialization")}
        except pydantic.errors.PydanticInvalidForJsonSchema:
            continue
        yield pytest.param(models, id=name)


def ask(host, schema, **fields):
    return host.post("/v1/completions", {"model": MODEL, "prompt": "x", "temperature": 1, "json_schema": schema} | fields)


@pytest.mark.parametrize("modes", schemas())
def test_every_type_compiles(host, modes):
    for mode, schema in modes.items():
        status, reply = ask(host, schema, max_tokens=1)
        assert status == 200, (mode, schema, reply)


# Not among them: what a schema does not say in full, such as the digits of a decimal or the text inside of base64.
FULL = [
    "int", "date", "time", "datetime", "timedelta", "uuid4", "ipv4", "ipv6", "net4", "if6", "email", "conint", "confloat", "step",
    "constr", "slug", "literal", "enum", "tagged", "part", "derived", "conlist", "dict_pattern", "dict_enum", "httpurl",
    "json_typed", "named_tuple", "exclusive", "set_enum",
]


@pytest.mark.parametrize("name", FULL)
def test_answers_validate(host, name):
    model = pydantic.create_model("Model", value=(TYPES[name], ...))
    schema = model.model_json_schema()
    complete = 0
    for seed in range(4):
        status, reply = ask(host, schema, max_tokens=700, seed=seed, top_k=20)
        assert status == 200, reply
        choice = reply["choices"][0]
        if choice["finish_reason"] != "stop":
            continue
        complete += 1
        jsonschema.validate(json.loads(choice["text"]), schema)
        model.model_validate_json(choice["text"])
    assert complete > 0


def test_warnings_are_told_once(host):
    schema = {"type": "string", "format": "starsign", "maxLength": 2}
    for _ in range(2):
        status, _ = ask(host, schema, max_tokens=1)
        assert status == 200
    assert host.log_text().count('the format "starsign" is not known') == 1
