#include "harness/subjects/layer_steps.hpp"

#include <map>

namespace mlacheck {
namespace {

const std::vector<LayerStep>& decode_steps() {
  static const std::vector<LayerStep> kSteps{
      // Queries against latent keys, then latents against values.
      {"strided_bmm",
       {{"dtype", {"dtype"}},
        {"H", {"H"}},
        {"latent", {"nope", "latent"}},
        {"V", {"latent", "V"}}}},
      {"decode_expansion", {{"page", {"page"}}, {"padding", {"padding"}}}},
      // A row a request, and no mask.
      {"mla_decode",
       {{"dtype", {"dtype"}},
        {"H", {"H"}},
        {"latent", {"latent"}},
        {"rope", {"rope"}},
        {"page", {"page"}},
        {"splits", {"splits"}},
        {"padding", {}, "0"},
        {"causal", {}, "0"},
        {"page_map", {}, "block_table"}}}};
  return kSteps;
}

const std::vector<LayerStep>& folds() {
  static const std::vector<LayerStep> kSteps{
      {"merge_states", {{"dtype", {"dtype"}}, {"H", {"H"}}, {"V", {"V"}}}, true}};
  return kSteps;
}

}  // namespace

const std::vector<LayerStep>& steps_of(std::string_view op) {
  static const std::vector<LayerStep> kNone;
  static const std::map<std::string_view, const std::vector<LayerStep>*> kLayers{
      {"decode_step", &decode_steps()},
      {"prefill_context", &folds()},
      {"chunked_context", &folds()}};
  const auto found = kLayers.find(op);
  return found == kLayers.end() ? kNone : *found->second;
}

}  // namespace mlacheck
