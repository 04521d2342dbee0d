// Calls with one bad argument. A host routine must name it, and must not launch, allocate or write.
#pragma once

#include <gtest/gtest.h>

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
