#include "harness/subjects/piece_promises.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "harness/domain/domain.hpp"
#include "harness/subjects/ops.hpp"

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

std::int64_t number_of(const Field& field, const std::string& value) {
  if (field.kind != Field::Kind::choice) return std::stoll(value);
  const auto found = std::ranges::find(field.choices, value);
  if (found == field.choices.end()) throw std::logic_error(field.name + " has no choice " + value);
  return found - field.choices.begin();
}

// A term of the step's domain as terms of the layer's, each with a blank in front.
std::string term_of_layer(const FieldTerm& term, const LayerStep& step, const OpModel& of_step,
                          const std::string& place) {
  const auto same = std::ranges::find(step.fields, term.name, &LayerStep::SameField::field);
  if (same == step.fields.end() || term.relation == FieldTerm::Relation::equal_to) {
    throw std::invalid_argument(place + "domain term '" + term.written + "': the layer decides '" +
                                term.name + "' of its calls, and its cases have no field for it");
  }
  if (!same->always.empty()) {
    const Field& field = of_step.schema().fields[term.field];
    if (term.admits(number_of(field, same->always), 0)) return {};
    throw std::invalid_argument(place + "domain term '" + term.written +
                                "': the layer calls it with " + term.name + "=" + same->always);
  }
  std::string terms;
  for (const std::string& field : same->of_layer) {
    terms += " " + field + term.text.substr(term.name.size());
  }
  return terms;
}

std::string domain_of_layer(const Subject& piece, const LayerStep& step, const std::string& place) {
  const OpModel& of_step = *find_op(step.op)->model;
  std::istringstream words(piece.domain);
  std::string domain;
  for (std::string word; words >> word;) {
    const Domain one(word, of_step);
    if (one.field_terms().empty()) {
      throw std::invalid_argument(place + "domain term '" + word +
                                  "': the layer decides how operands of its steps lie");
    }
    for (const FieldTerm& term : one.field_terms()) {
      domain += term_of_layer(term, step, of_step, place);
    }
  }
  return domain;
}

}  // namespace

void promise_no_more(Subject& layer, const Subject& piece, const LayerStep& step,
                     const std::string& place) {
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
  layer.domain += domain_of_layer(piece, step, place);
}

}  // namespace mlacheck
