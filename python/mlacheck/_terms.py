"""The words of a declaration: conventions, numerics and domains."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import inspect
from typing import Any, Callable, Mapping, Optional, Sequence, TypeVar, Union, cast

from mlacheck._errors import DeclarationError, DeclarationTypeError

# Conventions.overlap
OVERLAP_REFUSED, OVERLAP_OF_CALLER = 0, 1

LONGEST = 80


def shown(value: object) -> str:
    """A value in a few words of one line: the repr of an array has many, and comparing it gives an array."""
    shape = getattr(value, "shape", None)
    if shape is not None and not isinstance(value, type):
        return f"of type {type(value).__module__.partition('.')[0]}.{type(value).__name__}, shape {_text_of(shape)}"
    text = " ".join(repr(value).split())
    return text if len(text) <= LONGEST else text[:LONGEST - 3] + "..."


def _text_of(shape: object) -> str:
    return str(tuple(shape)) if isinstance(shape, (tuple, list)) else str(shape)


def wrong(argument: str, value: object, expected: str) -> DeclarationError:
    """A DeclarationError, which is a TypeError as well if the value is a container or an array."""
    plain = value is None or isinstance(value, (str, int, float))
    kind = DeclarationError if plain or callable(value) else DeclarationTypeError
    return kind(f"{argument} {shown(value)}: expected {expected}")


def expect(argument: str, value: object, known: Sequence[object]) -> None:
    """Raises DeclarationError unless the value is one of `known`: words and whole numbers."""
    if isinstance(value, (str, int)) and not isinstance(value, bool) and value in known:
        return
    words = " ".join(repr(word) for word in known)
    raise wrong(argument, value, f"one of {words}")


def expect_int(argument: str, value: object, least: int, most: int) -> None:
    """Raises DeclarationError unless the value is such a number."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return
    raise wrong(argument, value, f"a whole number from {least} to {most}")


def expect_text(argument: str, value: object, expected: str) -> None:
    """Raises DeclarationError unless the value is a str."""
    if not isinstance(value, str):
        raise wrong(argument, value, expected)


Declaring = TypeVar("Declaring", bound=Callable[..., Any])


def declaring(function: Declaring) -> Declaring:
    """Decorates what declarations are made with: a call whose arguments do not fit raises a DeclarationTypeError that
    says which ones there are."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def checked(*given: Any, **named: Any) -> Any:
        try:
            signature.bind(*given, **named)
        except TypeError:
            raise _unfitting(function.__name__, signature, given, named) from None
        return function(*given, **named)

    return cast(Declaring, checked)


def _unfitting(name: str, signature: inspect.Signature, given: Sequence[object],
               named: Mapping[str, object]) -> DeclarationError:
    known = list(signature.parameters)
    for argument, value in named.items():
        if argument not in known:
            near = difflib.get_close_matches(argument, known, 1)
            question = f"did you mean {near[0]!r}? " if near else ""
            return DeclarationTypeError(f"argument {argument!r} of {name}(), value {shown(value)}: {question}"
                                        f"expected one of {' '.join(known)}")
    unnamed = [each for each in known if signature.parameters[each].kind is not inspect.Parameter.KEYWORD_ONLY]
    if len(given) > len(unnamed):
        words = " ".join(f"{each}=" for each in known if each not in unnamed)
        which = f"{' '.join(unnamed)} alone without a name" if unnamed else "its arguments by name"
        return DeclarationTypeError(f"{name}() takes {which}, not {shown(given[len(unnamed)])}: expected {words}")
    repeated = [each for each in unnamed[:len(given)] if each in named]
    if repeated:
        return DeclarationTypeError(f"{name}() is given its argument {repeated[0]!r} twice, expected it once")
    return DeclarationTypeError(f"{name}() lacks its argument {unnamed[len(given)]!r}, expected {' '.join(unnamed)}")


@dataclasses.dataclass(frozen=True)
class Conventions:
    lse_base: int
    lse_layout: int
    plus_infinity: int
    overlap: int
    zero_sign: int
    batch: int


@declaring
def conventions(*, lse_base: Union[str, int] = "e", lse_layout: str = "heads_tokens",
                plus_infinity: str = "empty", overlap: str = "caller", zero_sign: str = "default",
                batch: str = "invariant") -> Conventions:
    """What the numbers that a function is handed, and hands back, mean.

    lse_base: of the log-sum-exp, "e" or 2. lse_layout: "heads_tokens", shape [H, T], or "tokens_heads", shape
    [T, H]. plus_infinity: of a log-sum-exp, "empty" or "not_given". overlap: of operands, "caller" or "refused".
    zero_sign: "default" (free unless the agreement is bitwise), "free" or "contract". batch: "invariant" or
    "dependent". Raises DeclarationError, which names the argument, its value and what was expected.
    """
    def choice(argument: str, value: Union[str, int], words: Mapping[Union[str, int], int]) -> int:
        expect(argument, value, tuple(words))
        return words[value]

    return Conventions(
        choice("lse_base", lse_base, {"e": 0, 2: 2}),
        choice("lse_layout", lse_layout, {"heads_tokens": 0, "tokens_heads": 1}),
        choice("plus_infinity", plus_infinity, {"empty": 0, "not_given": 1}),
        choice("overlap", overlap, {"refused": OVERLAP_REFUSED, "caller": OVERLAP_OF_CALLER}),
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


# Codes of quantized ops have four digits at most, and their products eight: operands and products keep these.
LEAST_OF_CODES = 8


def _digits(argument: str, value: Digits, least: int) -> int:
    if isinstance(value, str) and value == "element":
        return -1
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= 53:
        raise wrong(argument, value, f"a whole number from {least} to 53, or 'element'")
    return value


def _amount(argument: str, value: object, least: float, most: float) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most:
        return float(value)
    raise wrong(argument, value, f"a number from {least:g} to {most:g}")


@declaring
def numerics(*, accumulator_digits: int = 24, probability_digits: Digits = 24, operand_digits: Optional[int] = None,
             product_digits: Optional[Digits] = None, truncating_products: bool = False,
             exp_error_ulps: float = 2.0, exp_error_absolute: float = 0.0, log_error_absolute: float = 0.0,
             division_error_ulps: float = 0.5, scale_rule: str = "contract", scale_error_ulps: float = 0.0,
             nan_codes: str = "contract") -> Numerics:
    """What a function promises of its arithmetic: the bounds of a report follow from it.

    Digits are significand bits, "element" those of the element type: accumulator_digits and probability_digits
    from 2 to 53, operand_digits and product_digits from 8, since codes of quantized ops need these; None is the
    contract's own. Errors in ulps are units in the last place of fp32, absolute ones are up to 1.
    truncating_products: products lose bits towards zero. scale_rule: of quantizers, "contract", "division",
    "reciprocal" or "within_ulps", of which scale_error_ulps, up to 1000, says how many. nan_codes: "contract" or
    "any". Raises DeclarationError, which names the argument, its value and what was expected.
    """
    expect_int("accumulator_digits", accumulator_digits, 2, 53)
    if not isinstance(truncating_products, bool):
        raise wrong("truncating_products", truncating_products, "True or False")
    expect("scale_rule", scale_rule, tuple(SCALE_RULES))
    expect("nan_codes", nan_codes, ("contract", "any"))
    if operand_digits is not None:
        expect_int("operand_digits", operand_digits, LEAST_OF_CODES, 53)
    if scale_rule != "within_ulps" and isinstance(scale_error_ulps, (int, float)) and scale_error_ulps != 0:
        raise wrong("scale_error_ulps", scale_error_ulps, "0, where scale_rule is not 'within_ulps'")
    # The smallest stands for "none": 0 is the contract's own in the C structure.
    least = 2.0 ** -149
    return Numerics(
        accumulator_digits=accumulator_digits,
        probability_digits=_digits("probability_digits", probability_digits, 2),
        exp_error_ulps=_amount("exp_error_ulps", exp_error_ulps, least, 1e6),
        truncating_products=int(truncating_products),
        operand_digits=operand_digits or 0,
        product_digits=0 if product_digits is None else _digits("product_digits", product_digits, LEAST_OF_CODES),
        scale_rule=SCALE_RULES[scale_rule],
        exp_error_absolute=_amount("exp_error_absolute", exp_error_absolute, 0, 1),
        log_error_absolute=_amount("log_error_absolute", log_error_absolute, 0, 1),
        division_error_ulps=_amount("division_error_ulps", division_error_ulps, 0.5, 1e6),
        scale_error_ulps=_amount("scale_error_ulps", scale_error_ulps, 0, 1000),
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
    raise wrong("numerics", value, f"one of {words}, or mlacheck.numerics(...)")


def conventions_of(value: object) -> Conventions:
    if value is None:
        return conventions()
    if isinstance(value, Conventions):
        return value
    raise wrong("conventions", value, "mlacheck.conventions(...)")


@declaring
def domain(*, layout: Optional[str] = None, align: Optional[int] = None, where: str = "") -> str:
    """Terms of docs/domains.md as one text, which @mlacheck.subject(domain=...) takes.

    layout: of all operands, "dense" (row-major, no gaps), "rows" (stride 1 in the last axis) or "free". align:
    of each first element's address, in bytes, a power of two up to 256. where: more terms, with blanks between
    them. Raises DeclarationError for a layout, an alignment or a type that makes no sense; terms of `where` are
    understood, and contradictions between terms found, when the program reads the module.
    """
    terms = []
    if layout is not None:
        expect("layout", layout, ("dense", "rows", "free"))
        terms.append(f"layout={layout}")
    if align is not None:
        expect("align", align, (1, 2, 4, 8, 16, 32, 64, 128, 256))
        terms.append(f"align={align}")
    expect_text("where", where, "terms as in docs/domains.md")
    terms.extend(where.split())
    return " ".join(terms)
