#include "harness/subjects/carried_domain.hpp"

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "harness/domain/domain.hpp"
#include "harness/subjects/ops.hpp"

namespace mlacheck {
namespace {

using Holds = FieldTerm::Relation;
using SameField = LayerStep::SameField;
using StepCall = LayerStep::StepCall;

// What one call asks of the layer's cases, or why none of them brings it within the step's domain.
struct Asked {
  std::vector<std::string> terms{};
  std::string reason{};

  void add(const std::string& term) {
    if (std::ranges::find(terms, term) == terms.end()) terms.push_back(term);
  }
  void cannot(const std::string& why) {
    if (reason.empty()) reason = why;
  }
};

std::int64_t number_of(const Field& field, const std::string& value) {
  if (field.kind != Field::Kind::choice) return std::stoll(value);
  const auto found = std::ranges::find(field.choices, value);
  if (found == field.choices.end()) throw std::logic_error(field.name + " has no choice " + value);
  return found - field.choices.begin();
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

std::string refusal_of(const FieldTerm& term) { return "domain term '" + term.written + "': "; }

bool admits(const FieldTerm& term, const Field& of_step, const std::string& choice) {
  const auto found = std::ranges::find(of_step.choices, choice);
  return found != of_step.choices.end() && term.admits(found - of_step.choices.begin(), 0);
}

// `left`: the choices of the layer's field that remain.
void ask_choice(const FieldTerm& term, const Field& of_layer, const std::vector<std::string>& left,
                Asked& asked) {
  if (left.empty()) {
    return asked.cannot(refusal_of(term) + "the layer has " + of_layer.name + "=" +
                        joined(of_layer.choices) + " only");
  }
  if (left.size() < of_layer.choices.size()) asked.add(of_layer.name + "=" + joined(left));
}

void carry_rare_choice(const FieldTerm& term, const Field& of_step, const SameField& same,
                       const Field& of_layer, Asked& asked) {
  std::vector<std::string> left = of_layer.choices;
  for (const std::string& choice : of_step.choices) {
    if (admits(term, of_step, choice)) continue;
    const auto rare = std::ranges::find(same.rare, choice, &LayerStep::RareChoice::choice);
    if (rare == same.rare.end()) {
      return asked.cannot(refusal_of(term) + "the layer's calls may have " + of_step.name + "=" +
                          choice);
    }
    std::erase_if(left, [&](const std::string& of_layer_choice) {
      return std::ranges::find(rare->of_layer, of_layer_choice) != rare->of_layer.end();
    });
  }
  ask_choice(term, of_layer, left, asked);
}

void carry_choice(const FieldTerm& term, const Field& of_step, const SameField& same,
                  const Field& of_layer, Asked& asked) {
  if (!same.rare.empty()) return carry_rare_choice(term, of_step, same, of_layer, asked);
  std::vector<std::string> left = of_layer.choices;
  std::erase_if(left, [&](const std::string& choice) { return !admits(term, of_step, choice); });
  ask_choice(term, of_layer, left, asked);
}

// Numbers that the layer's field cannot have are left out, since its domain may not name them.
void carry_numbers(const FieldTerm& term, const Field& of_layer, Asked& asked) {
  const std::int64_t number = term.numbers.front();
  const auto outside = [&] {
    asked.cannot(refusal_of(term) + "the layer's " + of_layer.name + " is " +
                 std::to_string(of_layer.minimum) + ".." + std::to_string(of_layer.maximum));
  };
  switch (term.relation) {
    case Holds::at_most:
      if (number < of_layer.minimum) return outside();
      if (number < of_layer.maximum) asked.add(of_layer.name + "<=" + std::to_string(number));
      return;
    case Holds::at_least:
      if (number > of_layer.maximum) return outside();
      if (number > of_layer.minimum) asked.add(of_layer.name + ">=" + std::to_string(number));
      return;
    case Holds::multiple_of:
      asked.add(of_layer.name + "%" + std::to_string(number));
      return;
    default:
      break;
  }
  std::vector<std::string> named;
  for (const std::int64_t value : term.numbers) {
    if (value < of_layer.minimum || value > of_layer.maximum) continue;
    named.push_back(std::to_string(value));
  }
  const bool excludes = term.relation == Holds::none_of;
  if (named.empty()) {
    if (!excludes) outside();
    return;
  }
  asked.add(of_layer.name + (excludes ? "!=" : "=") + joined(named));
}

void carry(const FieldTerm& term, const Schema& of_step, const Schema& of_layer,
           const StepCall& call, Asked& asked) {
  const auto same = std::ranges::find(call.fields, term.name, &SameField::field);
  if (same == call.fields.end() || term.relation == Holds::equal_to) {
    return asked.cannot(refusal_of(term) + "the layer decides '" + term.name +
                        "' of its calls, and its cases have no field for it");
  }
  const Field& field = of_step.fields[term.field];
  if (!same->always.empty()) {
    if (term.admits(number_of(field, same->always), 0)) return;
    return asked.cannot(refusal_of(term) + "the layer calls it with " + term.name + "=" +
                        same->always);
  }
  for (const std::string& name : same->of_layer) {
    const Field& in_layer = of_layer.fields[of_layer.index_of(name)];
    if (field.kind == Field::Kind::choice) {
      carry_choice(term, field, *same, in_layer, asked);
    } else {
      carry_numbers(term, in_layer, asked);
    }
  }
}

// Throws for a word that is no condition on fields.
std::vector<FieldTerm> field_terms_of(const std::string& domain, const OpModel& of_step,
                                      const std::string& place) {
  std::istringstream words(domain);
  std::vector<FieldTerm> terms;
  for (std::string word; words >> word;) {
    const Domain one(word, of_step);
    if (one.field_terms().empty()) {
      throw std::invalid_argument(place + "domain term '" + word +
                                  "': the layer decides how operands of its steps lie");
    }
    terms.insert(terms.end(), one.field_terms().begin(), one.field_terms().end());
  }
  return terms;
}

}  // namespace

std::string carried_domain(const std::string& domain, const LayerStep& step, const OpModel& layer,
                           const std::string& place) {
  const OpModel& of_step = *find_op(step.op)->model;
  const std::vector<FieldTerm> terms = field_terms_of(domain, of_step, place);
  Asked of_layer;
  std::string reason;
  bool any = false;
  for (const StepCall& call : step.calls) {
    Asked asked;
    for (const FieldTerm& term : terms) {
      carry(term, of_step.schema(), layer.schema(), call, asked);
    }
    if (asked.reason.empty()) {
      any = true;
      for (const std::string& term : asked.terms) of_layer.add(term);
      continue;
    }
    if (reason.empty()) reason = asked.reason;
    if (call.unless.empty()) throw std::invalid_argument(place + asked.reason);
    of_layer.add(call.unless);
  }
  if (!any) throw std::invalid_argument(place + reason);
  std::string text;
  for (const std::string& term : of_layer.terms) text += " " + term;
  return text;
}

}  // namespace mlacheck
