// Calls with one bad argument. A host routine must name it, and must not launch, allocate or write.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/case/case.hpp"
#include "harness/execute/plain_context.hpp"
#include "harness/op/model.hpp"
#include "tests/support/placed_call.hpp"

namespace mlacheck::testing_support {

struct Spoiled {
  std::string argument;  ///< that the message has to name
  std::function<void(PlacedCall&)> spoil;
};

/// The operand `name` after `change`.
inline Spoiled tensor(const std::string& name, const std::function<void(Tensor&)>& change) {
  return {name, [=](PlacedCall& c) { change(c.tensors[name]); }};
}

inline Spoiled integer(const std::string& name, std::int64_t value) {
  return {name, [=](PlacedCall& c) { c.integers[name] = value; }};
}

inline Spoiled missing(const std::string& name) {
  return {name, [=](PlacedCall& c) { c.tensors.erase(name); }};
}

/// The operand `name` at the address of `other`.
inline Spoiled laid_on(const std::string& name, const std::string& other) {
  return {name, [=](PlacedCall& c) { c.tensors[name].data = c.tensors[other].data; }};
}

/// What every op refuses of each operand of a problem, none of which is empty.
inline std::vector<Spoiled> spoiled_operands(const Problem& problem) {
  std::vector<Spoiled> calls;
  for (const Operand& operand : problem.operands) {
    const std::string& name = operand.name;
    calls.push_back(tensor(name, [](Tensor& t) { t.data = nullptr; }));
    calls.push_back(tensor(name, [](Tensor& t) {
      t.shape[static_cast<std::size_t>(t.rank)] = 1;
      ++t.rank;
    }));
    calls.push_back(tensor(name, [](Tensor& t) { --t.rank; }));
    calls.push_back(
        tensor(name, [](Tensor& t) { t.dtype = t.dtype == DType::i32 ? DType::f32 : DType::i32; }));
    if (size_of(operand.dtype) > 1) {
      calls.push_back(tensor(name, [](Tensor& t) { t.data = t.as<std::byte>() + 1; }));
    }
    const std::vector<std::int64_t>& shape = operand.layout.shape;
    const auto wide = std::ranges::find_if(shape, [](std::int64_t extent) { return extent > 1; });
    if (wide == shape.end()) continue;  // any stride will do
    const auto axis = static_cast<std::size_t>(wide - shape.begin());
    for (const std::int64_t stride : {std::int64_t{-1}, std::int64_t{1} << 61}) {
      calls.push_back(tensor(name, [=](Tensor& t) { t.stride[axis] = stride; }));
    }
    if (operand.access == Access::input) continue;
    calls.push_back(tensor(name, [=](Tensor& t) { t.stride[axis] = 0; }));
    for (const Operand& other : problem.operands) {
      if (other.access == Access::input) calls.push_back(laid_on(name, other.name));
    }
  }
  return calls;
}

inline void expect_refusal(const Subject& subject, const Problem& problem, const Spoiled& spoiled) {
  PlacedCall placed(problem);
  spoiled.spoil(placed);
  PlainContext context;
  const Status status = subject.run(placed.call(), context);
  EXPECT_EQ(status.code(), StatusCode::invalid_argument) << spoiled.argument;
  const std::string start = "argument " + spoiled.argument + ": ";
  EXPECT_EQ(status.message().substr(0, start.size()), start) << status.message();
  EXPECT_TRUE(placed.untouched()) << spoiled.argument;
  EXPECT_TRUE(context.launches().empty()) << spoiled.argument;
  EXPECT_EQ(context.allocations(), 0) << spoiled.argument;
}

/// All variants of the case's op, with both warp widths.
inline void expect_refusals(const OpModel& model, const Case& c,
                            const std::vector<Spoiled>& calls) {
  for (const char* backend : {"cpu.w32", "cpu.w64"}) {
    for (const Subject& subject : cpu_subjects(c.op(), backend).subjects) {
      for (std::size_t i = 0; i < calls.size(); ++i) {
        SCOPED_TRACE(subject.variant + " on " + backend + ", call " + std::to_string(i));
        expect_refusal(subject, model.materialise(c, subject.variant), calls[i]);
      }
    }
  }
}

}  // namespace mlacheck::testing_support
