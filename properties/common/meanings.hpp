// What the fields mean that several ops have, for `mlacheck list`: one idea has one name.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace mlacheck {

/// Empty if the field is an op's own.
inline std::string common_meaning(std::string_view field) {
  constexpr std::pair<std::string_view, std::string_view> kMeanings[]{
      {"T", "tokens"},
      {"H", "heads"},
      {"V", "columns of a head's values"},
      {"latent", "columns of the latent vector"},
      {"requests", "tokens in this step and keys of each"},
      {"padding", "rows of the step past the last token"},
      {"page", "tokens of a page"},
      {"dtype", "element type"},
      {"values", "what the elements hold"},
      {"lse", "class of the LSEs"},
      {"lse_empty", "LSE of an empty part"},
      {"seed", "contents"},
      {"form", "formats of the operands"},
      {"format", "FP8 only: format of the codes"},
      {"maximum", "FP8 only: code of a group's largest magnitude"},
  };
  for (const auto& [name, meaning] : kMeanings) {
    if (name == field) return std::string(meaning);
  }
  return {};
}

}  // namespace mlacheck
