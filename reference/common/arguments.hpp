// The scalars and operands of a problem as members of structs, so that only one place of an op spells
// their names.
#pragma once

#include <cstdint>
#include <type_traits>

#include "harness/op/problem.hpp"
#include "harness/values/enum_names.hpp"

namespace mlacheck::reference {

/// The scalars of a problem. `Parameters` has a function
///   template <class Bind> void bind(const Bind& bind) { bind("group", group); ... }
/// Throws std::invalid_argument naming an enum's scalar that is out of its range, and
/// std::out_of_range naming one that is missing.
template <class Parameters>
Parameters read_scalars(const Problem& problem) {
  Parameters parameters;
  parameters.bind([&]<class T>(const char* name, T& value) {
    if constexpr (std::is_enum_v<T>) {
      value = EnumNames<T>::from_number(name, problem.integer(name));
    } else if constexpr (std::is_same_v<T, double>) {
      value = problem.real(name);
    } else {
      value = static_cast<T>(problem.integer(name));
    }
  });
  return parameters;
}

/// Gives `problem` these scalars and no others.
template <class Parameters>
void write_scalars(Problem& problem, Parameters parameters) {
  problem.integers.clear();
  problem.reals.clear();
  parameters.bind([&]<class T>(const char* name, const T& value) {
    if constexpr (std::is_same_v<T, double>) {
      problem.reals.emplace_back(name, value);
    } else {
      problem.integers.emplace_back(name, static_cast<std::int64_t>(value));
    }
  });
}

/// An operand of a `Problem` or a `const Problem`.
template <class P>
using OperandIn = std::conditional_t<std::is_const_v<P>, const Operand, Operand>;

}  // namespace mlacheck::reference
