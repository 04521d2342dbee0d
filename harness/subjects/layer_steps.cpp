#include "harness/subjects/layer_steps.hpp"

#include <map>

namespace mlacheck {
namespace {

using SameField = LayerStep::SameField;
using StepCall = LayerStep::StepCall;

std::vector<LayerStep> decode_steps() {
  return {{"strided_bmm",
           {// Queries against latent keys, then latents against values.
            {{{"dtype", {"dtype"}}, {"H", {"H"}}, {"latent", {"nope"}}, {"V", {"latent"}}}},
            {{{"dtype", {"dtype"}}, {"H", {"H"}}, {"latent", {"latent"}}, {"V", {"V"}}}}}},
          {"decode_expansion", {{{{"page", {"page"}}, {"padding", {"padding"}}}}}},
          // A row a request, and no mask.
          {"mla_decode",
           {{{{"dtype", {"dtype"}},
              {"H", {"H"}},
              {"latent", {"latent"}},
              {"rope", {"rope"}},
              {"page", {"page"}},
              {"splits", {"splits"}},
              {"padding", {}, "0"},
              {"causal", {}, "0"},
              {"page_map", {}, "block_table"}}}}}};
}

// What all calls of a step have in common, and what one has.
StepCall output_call(const std::vector<SameField>& common, const std::vector<SameField>& own,
                     const std::string& unless) {
  StepCall call{common, unless};
  call.fields.insert(call.fields.end(), own.begin(), own.end());
  return call;
}

// `choices`: those of a step with infinities or NaN. `within`: the layer's value classes that bring them.
SameField special_values(const std::vector<std::string>& choices,
                         const std::vector<std::string>& within) {
  SameField values{"values", {"values"}};
  for (const std::string& choice : choices) values.rare.push_back({choice, within});
  return values;
}

// Latents are infinite or NaN in one class. What the product makes of scales that are spread widely may
// be past the range of f16.
std::vector<std::string> special_latents() { return {"special"}; }
std::vector<std::string> special_results() { return {"special", "one_signed"}; }

// The value up-projection by one of two formats, and the output projection of MXFP4 codes: rows of H V,
// an extent that no field has, as those of the only head.
LayerStep output_products() {
  const std::vector<SameField> common{{"T", {"T"}},
                                      {"splits", {}, "1"},
                                      {"tail", {}, "0"},
                                      {"has_bias", {}, "0"},
                                      {"w_scale.value", {}, "ordinary"},
                                      {"format", {"format"}},
                                      {"maximum", {"maximum"}},
                                      {"x_dtype", {"dtype"}},
                                      {"out_dtype", {"dtype"}}};
  const SameField latents = special_values({"special", "alone"}, special_latents());
  const auto up_projection = [&](const std::string& form, const std::string& unless) {
    return output_call(
        common, {{"form", {}, form}, {"H", {"H"}}, {"V", {"V"}}, {"blocks", {"blocks"}}, latents},
        unless);
  };
  LayerStep step{"quantized_bmm",
                 {up_projection("a16wfp4", "product!=mxfp4"), up_projection("fp8", "product!=fp8"),
                  output_call(common,
                              {{"form", {}, "afp4wfp4"},
                               {"H", {}, "1"},
                               {"V", {"hidden"}},
                               special_values({"special", "alone"}, special_results())},
                              "projection!=mxfp4")}};
  step.finds_scales_alone = "projection!=fp8,fp8_transposed";
  return step;
}

LayerStep output_quantizer() {
  const std::vector<SameField> common{{"T", {"T"}},
                                      {"H", {"H"}},
                                      {"V", {"V"}},
                                      {"group", {"group"}},
                                      {"format", {"format"}},
                                      {"maximum", {"maximum"}},
                                      {"clamp_keeps_nan", {}, "0"},
                                      {"special_block", {}, "launder"},
                                      {"dtype", {"dtype"}},
                                      special_values({"special", "alone"}, special_results())};
  LayerStep step{"flatten_quant", {}};
  for (const std::string form : {"mxfp4", "fp8", "fp8_transposed"}) {
    step.calls.push_back(output_call(common, {{"form", {}, form}}, "projection!=" + form));
  }
  step.called = "projection!=plain";
  step.finds_scales_alone = "product!=fp8";
  return step;
}

LayerStep output_projection() {
  LayerStep step{"strided_bmm",
                 {{{{"T", {"T"}},
                    {"H", {}, "1"},
                    {"V", {"hidden"}},
                    {"dtype", {"dtype"}},
                    special_values({"special", "alone", "overflow"}, special_results())},
                   "projection!=plain"}}};
  step.called = "projection=plain";
  return step;
}

std::vector<LayerStep> folds() {
  return {{"merge_states", {{{{"dtype", {"dtype"}}, {"H", {"H"}}, {"V", {"V"}}}}}, true}};
}

}  // namespace

const std::vector<LayerStep>& steps_of(std::string_view op) {
  static const std::vector<LayerStep> kNone;
  static const std::map<std::string_view, std::vector<LayerStep>> kLayers{
      {"decode_step", decode_steps()},
      {"prefill_context", folds()},
      {"chunked_context", folds()},
      {"output_step", {output_products(), output_quantizer(), output_projection()}}};
  const auto found = kLayers.find(op);
  return found == kLayers.end() ? kNone : found->second;
}

}  // namespace mlacheck
