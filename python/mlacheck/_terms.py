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
    """The members of mlacheck_numerics (subject.h), in its units: 0 is what the contract says."""

    accumulator_digits: int = 0
    probability_digits: int = 0
    exp_error_ulps: float = 0.0
    truncating_products: int = 0
    operand_digits: int = 0
    product_digits: int = 0
    scale_rule: int = 0
    exp_error_absolute: float = 0.0
    log_error_absolute: float = 0.0
    division_error_ulps: float = 0.0
    scale_error_ulps: float = 0.0
    nan_codes: int = 0


SCALE_RULES = {"contract": 0, "division": 1, "reciprocal": 2, "within_ulps": 3}
Digits = Union[int, str]


def _digits(argument: str, value: Digits) -> int:
    if value == "element":
        return -1
    expect_int(argument, value, 2, 53)
    return int(value)


def _amount(argument: str, value: object, least: float, most: float) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most:
        return float(value)
    raise DeclarationError(f"{argument} {value!r}: expected a number from {least:g} to {most:g}")


def numerics(*, accumulator_digits: int = 24, probability_digits: Digits = 24, operand_digits: Optional[int] = None,
             product_digits: Optional[Digits] = None, truncating_products: bool = False,
             exp_error_ulps: float = 2.0, exp_error_absolute: float = 0.0, log_error_absolute: float = 0.0,
             division_error_ulps: float = 0.5, scale_rule: str = "contract", scale_error_ulps: float = 0.0,
             nan_codes: str = "contract") -> Numerics:
    """What a function promises of its arithmetic; docs/python.md says what each word means.

    Digits are significand bits, "element" those of the element type. Raises DeclarationError, which names the
    argument, its value and what was expected.
    """
    expect_int("accumulator_digits", accumulator_digits, 2, 53)
    if not isinstance(truncating_products, bool):
        raise DeclarationError(f"truncating_products {truncating_products!r}: expected True or False")
    expect("scale_rule", scale_rule, tuple(SCALE_RULES))
    expect("nan_codes", nan_codes, ("contract", "any"))
    if operand_digits is not None:
        expect_int("operand_digits", operand_digits, 2, 53)
    # The smallest stands for "none": 0 is the contract's own in the C structure.
    least = 2.0 ** -149
    return Numerics(
        accumulator_digits=accumulator_digits,
        probability_digits=_digits("probability_digits", probability_digits),
        exp_error_ulps=_amount("exp_error_ulps", exp_error_ulps, least, 1e6),
        truncating_products=int(truncating_products),
        operand_digits=operand_digits or 0,
        product_digits=0 if product_digits is None else _digits("product_digits", product_digits),
        scale_rule=SCALE_RULES[scale_rule],
        exp_error_absolute=_amount("exp_error_absolute", exp_error_absolute, 0, 1),
        log_error_absolute=_amount("log_error_absolute", log_error_absolute, 0, 1),
        division_error_ulps=_amount("division_error_ulps", division_error_ulps, 0.5, 1e6),
        scale_error_ulps=_amount("scale_error_ulps", scale_error_ulps, 0, 1e6),
        nan_codes=int(nan_codes == "any"))


# By name, with the values of the macros of subject.h (docs/bounds.md says where they come from); "numpy" is of
# this package alone.
PRESETS: dict[str, Numerics] = {
    "ieee": Numerics(),
    "numpy": Numerics(exp_error_ulps=4.0),
    "cuda_fast_math": Numerics(exp_error_ulps=3.0, exp_error_absolute=2.0 ** -24, log_error_absolute=3.6e-7,
                               division_error_ulps=2.0),
    "triton": Numerics(probability_digits=-1, exp_error_ulps=3.0, truncating_products=1, operand_digits=11,
                       scale_rule=3, exp_error_absolute=2.0 ** -24, log_error_absolute=3.6e-7,
                       division_error_ulps=2.0, scale_error_ulps=2.0),
    "flashinfer": Numerics(probability_digits=-1, exp_error_ulps=2.0, truncating_products=1,
                           exp_error_absolute=2.0 ** -24, log_error_absolute=2.0 ** -22,
                           division_error_ulps=2.0),
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
