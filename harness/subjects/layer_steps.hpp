// Which ops the bundled layers call through run_step(), where a piece can take their place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mlacheck {

struct LayerStep {
  /// What a choice of the step's field asks of the layer's case: the step's calls have `choice` only
  /// where the layer's field is one of `of_layer`.
  struct RareChoice {
    std::string choice;
    std::vector<std::string> of_layer;
  };

  /// A field of the step's cases, and the fields of the layer's that say the same of its calls, or the
  /// value that all calls have, as a case line writes it. Choices correspond by name. With `rare`, the
  /// layer's choices say only that: the step's calls may have any other choice at any time.
  struct SameField {
    std::string field;
    std::vector<std::string> of_layer;
    std::string always{};
    std::vector<RareChoice> rare{};
  };

  /// One call that the layer makes. A field that is not named here is the layer's to decide.
  struct StepCall {
    std::vector<SameField> fields;
    /// Term of the layer's domain within which it does not make the call; empty: it always does.
    std::string unless{};
  };

  std::string op;
  std::vector<StepCall> calls;
  bool exchanges_lse = false;  ///< an LSE goes from this step to another, in natural units
  /// Term of the layer's domain within which it calls the op at all; empty: it always does.
  std::string called{};
  /// Term within which no other step of the layer finds scales of FP8 groups: a piece that has a rule
  /// of its own for them leaves the other steps theirs.
  std::string finds_scales_alone{};
};

/// Of an op; empty for one that is no layer.
const std::vector<LayerStep>& steps_of(std::string_view op);

}  // namespace mlacheck
