#include "harness/domain/claimed_model.hpp"

#include <algorithm>
#include <utility>

namespace mlacheck {
namespace {

constexpr int kAttempts = 100;

class ClaimedModel final : public OpModel {
 public:
  ClaimedModel(const OpModel& model, Domain domain) : model_(model), domain_(std::move(domain)) {}

  const Schema& schema() const override { return model_.schema(); }
  std::vector<std::string> tile_axes() const override { return model_.tile_axes(); }

  Case generate(Random& random, const std::vector<Tile>& tiles) const override {
    Case c = nearest_claimed(model_.generate(random, tiles));
    for (int attempt = 1; attempt < kAttempts && !inadmissible(c).empty(); ++attempt) {
      c = nearest_claimed(model_.generate(random, tiles));
    }
    return c;
  }

  std::string inadmissible(const Case& c) const override { return outside_domain(c); }

  std::string outside_domain(const Case& c) const override {
    std::string reason = domain_.outside(c);
    if (reason.empty()) reason = model_.inadmissible(c);
    return reason.empty() ? domain_.outside(model_.materialise(c, "")) : reason;
  }

  std::string outside_domain(const Problem& problem) const override {
    return domain_.outside(problem);
  }

  std::string term_on_strides(const std::string& operand) const override {
    return domain_.term_on_strides(operand, schema());
  }

  bool claims(std::size_t field, int part, std::int64_t value) const override {
    return domain_.claims(field, part, value);
  }

  Case nearest_claimed(const Case& c) const override {
    Case near = domain_.nearest(c, Domain::Fields::of_layouts);
    return outside_domain(near).empty() ? near : domain_.nearest(c, Domain::Fields::of_operands);
  }

  Problem materialise(const Case& c, std::string_view variant) const override {
    Problem problem = model_.materialise(c, variant);
    domain_.mark(problem);
    return problem;
  }

  bool same_rules_for_all_variants() const override { return model_.same_rules_for_all_variants(); }

  Case layout_twin(const Case& c) const override {
    const Case wanted = model_.layout_twin(c);
    Case twin = domain_.nearest(wanted, Domain::Fields::of_layouts);
    // What else a twin changes, such as how pages are looked up, may stay as it is in the case.
    const bool same_but_for_layout = std::ranges::all_of(schema().fields, [&](const Field& field) {
      const std::size_t at = schema().index_of(field.name);
      const auto& value = twin.value_at(at);
      return is_layout_field(field) || value == wanted.value_at(at) || value == c.value_at(at);
    });
    return same_but_for_layout && inadmissible(twin).empty() ? twin : c;
  }

  Check value_check(const Case& c) const override { return model_.value_check(c); }

  std::vector<Relation> relations(const Case& c, const Problem& problem,
                                  Random& random) const override {
    std::vector<Relation> all = model_.relations(c, problem, random);
    for (Relation& relation : all) {
      domain_.mark(relation.problem);
      relation.outside = domain_.outside(relation.problem);
      if (relation.outside.empty()) relation.outside = changed_field(relation);
      if (relation.outside.empty()) relation.outside = changed_extent(c, problem, relation.problem);
    }
    return all;
  }

  std::vector<std::string> consume(
      const Problem& problem,
      const std::vector<std::vector<std::uint32_t>>& outputs) const override {
    return model_.consume(problem, outputs);
  }
  bool has_consumer() const override { return model_.has_consumer(); }
  bool same_bits_on_devices(const Case& c) const override { return model_.same_bits_on_devices(c); }
  std::optional<Cost> cost(const Case& c, const Problem& problem,
                           std::string_view variant) const override {
    return model_.cost(c, problem, variant);
  }
  Case cost_case() const override { return nearest_claimed(model_.cost_case()); }
  bool has_edge_values(const Case& c) const override { return model_.has_edge_values(c); }

 private:
  std::string changed_field(const Relation& relation) const {
    for (const FieldTerm& term : domain_.field_terms()) {
      if (std::ranges::find(relation.changes, term.name) == relation.changes.end()) continue;
      return term.text + ": the relation changes " + term.name;
    }
    return {};
  }

  // A relation has a problem and no case. An extent that has changed may be that of a field which the
  // domain limits: it is taken for it if the two are equal in the case.
  std::string changed_extent(const Case& c, const Problem& own, const Problem& other) const {
    for (const FieldTerm& term : domain_.field_terms()) {
      const Field& field = schema().fields[term.field];
      if (field.kind != Field::Kind::integer) continue;
      const std::int64_t value = c.integer(field.name);
      const std::int64_t equal =
          term.relation == FieldTerm::Relation::equal_to ? c.value_at(term.other).front() : 0;
      for (const Operand& operand : own.operands) {
        const Operand* const there = other.find(operand.name);
        if (there == nullptr || there->layout.shape.size() != operand.layout.shape.size()) continue;
        for (std::size_t axis = 0; axis < operand.layout.shape.size(); ++axis) {
          if (operand.layout.shape[axis] != value) continue;
          const std::int64_t now = there->layout.shape[axis];
          if (now != value && !term.admits(now, equal)) {
            return term.text + ": an extent of " + operand.name + " is " + std::to_string(now);
          }
        }
      }
    }
    return {};
  }

  const OpModel& model_;
  Domain domain_;
};

}  // namespace

std::shared_ptr<const OpModel> claimed_model(const OpModel& model, Domain domain) {
  return std::make_shared<ClaimedModel>(model, std::move(domain));
}

}  // namespace mlacheck
