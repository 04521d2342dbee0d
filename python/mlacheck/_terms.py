"""The words of a declaration: conventions, numerics and domains."""

from __future__ import annotations

import dataclasses
from typing import Mapping, Optional, Sequence, Union

from mlacheck._errors import DeclarationError


def expect(argument: str, value: object, known: Sequence[object]) -> None:
    if value in known and not isinstance(value, bool):
        return
    words = " ".join(repr(word) for word in known)
    raise DeclarationError(f"{argument} {value!r}: expected one of {words}")


def expect_int(argument: str, value: object, least: int, most: int) -> None:
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return
    raise DeclarationError(f"{argument} {value!r}: expected a whole number from {least} to {most}")


@dataclasses.dataclass(frozen=True)
class Conventions:
    lse_base: int
    lse_layout: int
    plus_infinity: int
    overlap: int
    zero_sign: int
    batch: int


def conventions(*, lse_base: Union[str, int] = "e", lse_layout: str = "heads_tokens",
                plus_infinity: str = "empty", overlap: str = "caller", zero_sign: str = "default",
                batch: str = "invariant") -> Conventions:
    """What the numbers that a function is handed, and hands back, mean (docs/python.md)."""
    def choice(argument: str, value: object, words: Mapping[object, int]) -> int:
        expect(argument, value, tuple(words))
        return words[value]
    return Conventions(
        choice("lse_base", lse_base, {"e": 0, 2: 2}),
        choice("lse_layout", lse_layout, {"heads_tokens": 0, "tokens_heads": 1}),
        choice("plus_infinity", plus_infinity, {"empty": 0, "not_given": 1}),
        choice("overlap", overlap, {"refused": 0, "caller": 1}),
        choice("zero_sign", zero_sign, {"default": 0, "free": 1, "contract": 2}),
        choice("batch", batch, {"invariant": 0, "dependent": 1}))


@dataclasses.dataclass(frozen=True)
class Numerics:
    accumulator_digits: int
    probability_digits: int
    exp_error_ulps: float
    truncating_products: int


def numerics(*, accumulator_digits: int = 24, probability_digits: Union[int, str] = 24,
             exp_error_ulps: float = 2.0, truncating_products: bool = False) -> Numerics:
    """What a function promises of its arithmetic (docs/python.md)."""
    expect_int("accumulator_digits", accumulator_digits, 2, 53)
    if probability_digits != "element":
        expect_int("probability_digits", probability_digits, 2, 53)
    number = isinstance(exp_error_ulps, (int, float)) and not isinstance(exp_error_ulps, bool)
    if not number or not 0 < exp_error_ulps <= 1e6:
        raise DeclarationError(f"exp_error_ulps {exp_error_ulps!r}: expected a number from above 0 to 1000000")
    if not isinstance(truncating_products, bool):
        raise DeclarationError(f"truncating_products {truncating_products!r}: expected True or False")
    digits = -1 if probability_digits == "element" else int(probability_digits)
    return Numerics(accumulator_digits, digits, float(exp_error_ulps), int(truncating_products))


# By name. docs/python.md says where the numbers come from.
PRESETS: dict[str, Numerics] = {
    "ieee": numerics(),
    "numpy": numerics(exp_error_ulps=4.0),
    "cuda_fast": numerics(exp_error_ulps=126.0),
    "triton": numerics(exp_error_ulps=126.0, probability_digits="element", truncating_products=True),
}


def numerics_of(value: object, framework: str) -> Numerics:
    if value is None:
        return PRESETS["numpy" if framework == "numpy" else "ieee"]
    if isinstance(value, Numerics):
        return value
    if isinstance(value, str) and value in PRESETS:
        return PRESETS[value]
    words = " ".join(PRESETS)
    raise DeclarationError(f"numerics {value!r}: expected one of {words}, or mlacheck.numerics(...)")


def conventions_of(value: object) -> Conventions:
    if value is None:
        return conventions()
    if isinstance(value, Conventions):
        return value
    raise DeclarationError(f"conventions {value!r}: expected mlacheck.conventions(...)")


def domain(*, layout: Optional[str] = None, align: Optional[int] = None, where: str = "") -> str:
    """Terms of docs/domains.md as one text."""
    terms = []
    if layout is not None:
        expect("layout", layout, ("dense", "rows", "free"))
        terms.append(f"layout={layout}")
    if align is not None:
        expect("align", align, (1, 2, 4, 8, 16, 32, 64, 128, 256))
        terms.append(f"align={align}")
    if not isinstance(where, str):
        raise DeclarationError(f"where {where!r}: expected terms as in docs/domains.md")
    terms.extend(where.split())
    return " ".join(terms)
