"""Graphs of two loops that do not depend on each other, and whether loops have run side by side."""

import ctypes
from typing import Any, Final

import numpy as np

from graph.llvm.runtime.load import runtime_library

GRAPHS: Final = {
    "for": """graph f(%0 x: f64[n], %1 y: f64[n], %2 k: i64[], %3 l: i64[]) -> (f64[n], f64[n]) {
  %4: f64[n] = for_loop %2, %0, %1 {carried=1} {
    body(%10 i: i64[], %11 x: f64[n], %12 y: f64[n]) {
      %13: f64[n] = sin %11
      %14: f64[n] = add %13, %12
      yield %14
    }
  }
  %5: i64[] = add %3, %3
  %6: f64[n] = exp %1
  %7: f64[n] = for_loop %5, %6, %0 {carried=1} {
    body(%20 i: i64[], %21 y: f64[n], %22 x: f64[n]) {
      %23: f64[n] = cos %21
      %24: f64[n] = mul %23, %22
      yield %24
    }
  }
  %8: f64[n] = add %4, %7
  yield %8, %7
}""",
    "while": """graph f(%0 x: f64[n], %1 y: f64[n], %2 k: i64[], %3 l: i64[]) -> (f64[n], i64[], f64[n], i64[]) {
  %4: i64[] = constant {value=dense<i64[] 0>}
  %5: f64[n], %6: i64[] = while_loop %0, %4, %2 {carried=2} {
    test(%10: f64[n], %11: i64[], %12: i64[]) {
      %13: bool[] = lt %11, %12
      yield %13
    }
    body(%14: f64[n], %15: i64[], %16: i64[]) {
      %17: i64[] = constant {value=dense<i64[] 1>}
      %18: i64[] = add %15, %17
      %19: f64[n] = tanh %14
      yield %19, %18
    }
  }
  %7: f64[n], %8: i64[] = while_loop %1, %4, %3 {carried=2} {
    test(%20: f64[n], %21: i64[], %22: i64[]) {
      %23: bool[] = lt %21, %22
      yield %23
    }
    body(%24: f64[n], %25: i64[], %26: i64[]) {
      %27: i64[] = constant {value=dense<i64[] 1>}
      %28: i64[] = add %25, %27
      %29: f64[n] = sin %24
      yield %29, %28
    }
  }
  yield %5, %6, %7, %8
}""",
    "lists": """graph f(%0 x: f64[n], %1 y: f64[n], %2 k: i64[], %3 l: i64[])
    -> (list<f64[n]>, list<f64[n]>, f64[n], list<f64[n]>) {
  %4: list<f64[n]> = list_make %0, %1 {element=f64[n]}
  %5: f64[n], %6: list<f64[n]> = for_loop %2, %0, %4 {carried=2} {
    body(%10 i: i64[], %11 x: f64[n], %12 s: list<f64[n]>) {
      %13: f64[n] = sin %11
      %14: list<f64[n]> = list_append %12, %13
      yield %13, %14
    }
  }
  %7: f64[n], %8: list<f64[n]> = for_loop %3, %1, %4, %4 {carried=2} {
    body(%20 i: i64[], %21 y: f64[n], %22 s: list<f64[n]>, %25 all: list<f64[n]>) {
      %26: i64[] = constant {value=dense<i64[] 0>}
      %27: f64[n] = list_get %25, %26
      %23: f64[n] = mul %21, %27
      %24: list<f64[n]> = list_append %22, %27
      yield %23, %24
    }
  }
  yield %6, %8, %7, %4
}""",
    "nested": """graph f(%0 x: f64[n], %1 y: f64[n], %2 k: i64[], %3 l: i64[]) -> (f64[n], f64[n]) {
  %4: f64[n], %5: f64[n] = for_loop %2, %0, %1, %3 {carried=2} {
    body(%10 i: i64[], %11 x: f64[n], %12 y: f64[n], %13 l: i64[]) {
      %14: f64[n] = for_loop %13, %11, %12 {carried=1} {
        body(%20 i: i64[], %21 x: f64[n], %22 y: f64[n]) {
          %23: f64[n] = sin %21
          %24: f64[n] = mul %23, %22
          yield %24
        }
      }
      %15: f64[n] = for_loop %10, %12, %11 {carried=1} {
        body(%30 i: i64[], %31 y: f64[n], %32 x: f64[n]) {
          %33: f64[n] = cos %31
          %34: f64[n] = add %33, %32
          yield %34
        }
      }
      yield %14, %15
    }
  }
  yield %4, %5
}""",
}
"""Each takes `arguments`."""


def groups_so_far() -> int:
    """How often pieces have had several threads."""
    return ctypes.c_int64.from_address(runtime_library()["dy_groups"]).value


def arguments(n: int, k: int, m: int) -> tuple[Any, ...]:
    """Two vectors of `n` numbers, and how many trips the loops make, or half of them."""
    random = np.random.default_rng(n)
    return random.standard_normal(n), random.standard_normal(n), np.int64(k), np.int64(m)
