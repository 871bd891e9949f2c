"""One seed, split by purpose, so that no two steps share a random stream."""

import zlib

import numpy as np


def derived_rng(seed: int, purpose: str, number: int = 0) -> np.random.Generator:
    """A generator that depends on nothing but its arguments. Seed 0 is a seed like any other."""
    return np.random.default_rng(
        np.random.SeedSequence([seed, zlib.crc32(purpose.encode()), number])
    )


def derived_seed(seed: int, purpose: str, number: int = 0) -> int:
    """A 31-bit seed for libraries that take an integer."""
    return int(derived_rng(seed, purpose, number).integers(2**31 - 1))
