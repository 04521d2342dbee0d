// Which ops the bundled layers call through run_step(), where a piece can take their place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mlacheck {

struct LayerStep {
  /// A field of the step's cases, and the fields of the layer's that say the same of its calls, or the
  /// value that all calls have, as a case line writes it.
  struct SameField {
    std::string field;
    std::vector<std::string> of_layer;
    std::string always{};
  };
  std::string op;
  std::vector<SameField> fields;
  bool exchanges_lse = false;  ///< an LSE goes from this step to another, in natural units
};

/// Of an op; empty for one that is no layer.
const std::vector<LayerStep>& steps_of(std::string_view op);

}  // namespace mlacheck
