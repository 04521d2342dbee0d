#include "harness/subjects/piece_promises.hpp"

#include <stdexcept>

#include "harness/domain/domain.hpp"
#include "harness/subjects/carried_domain.hpp"

namespace mlacheck {
namespace {

// Of two agreements the one that says less.
Agreement weaker(Agreement a, Agreement b) {
  const auto strength = [](Agreement agreement) {
    return agreement == Agreement::bitwise ? 2 : agreement == Agreement::self_bitwise ? 1 : 0;
  };
  return strength(a) <= strength(b) ? a : b;
}

// Without a baseline a piece says nothing of the bits of bundled steps.
Agreement agreement_of(const Subject& piece) {
  const bool agrees = piece.agreement != Agreement::bitwise || !piece.baseline.empty();
  return agrees ? piece.agreement : Agreement::self_bitwise;
}

// A rule of its own holds for the foreign step alone: where another step of the layer finds scales of
// groups, too, the oracle would ask the same of that.
std::string where_scales_are_found(const Subject& piece, const LayerStep& step) {
  const bool own = piece.numerics.scale_rule != ScaleOfGroup::of_contract;
  return own && !step.finds_scales_alone.empty() ? " " + step.finds_scales_alone : "";
}

}  // namespace

void promise_no_more(Subject& layer, const OpModel& of_layer, const Subject& piece,
                     const LayerStep& step, const std::string& place) {
  const Agreement agreement = agreement_of(piece);
  // A baseline agrees with itself bit for bit; a layer with a piece is none.
  layer.agreement = weaker(layer.agreement, agreement);
  Conventions& own = layer.conventions;
  const Conventions& asked = piece.conventions;
  if (step.exchanges_lse && asked.lse_base == Conventions::LseBase::two) {
    throw std::invalid_argument(place + "its LSEs have base 2, those of the layer are natural");
  }
  own.plus_infinity_is_empty = own.plus_infinity_is_empty && asked.plus_infinity_is_empty;
  own.zero_has_sign = own.zero_has_sign && asked.zero_has_sign;
  own.batch_invariant = own.batch_invariant && asked.batch_invariant;
  if (!(piece.numerics == Numerics{})) {
    if (!(layer.numerics == Numerics{}) && !(layer.numerics == piece.numerics)) {
      throw std::invalid_argument(place + "its numerics differ from those of another piece");
    }
    layer.numerics = piece.numerics;
  }
  layer.domain += carried_domain(piece.domain, step, of_layer, place);
  layer.domain += where_scales_are_found(piece, step);
  try {
    const Domain all(layer.domain, of_layer);
  } catch (const std::invalid_argument& nothing_left) {
    throw std::invalid_argument(
        place + "no call of the layer is within its domain: " + nothing_left.what());
  }
}

}  // namespace mlacheck
