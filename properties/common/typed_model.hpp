// A model written in terms of its own struct of fields. The harness only knows cases.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/op/model.hpp"
#include "properties/common/fields.hpp"
#include "properties/common/stretch.hpp"

namespace mlacheck {

/// What a test may ask of every typed model, whatever its struct.
class HasFields {
 public:
  virtual ~HasFields() = default;
  /// The case as a struct of fields, and that as a case again.
  virtual Case through_fields(const Case& c) const = 0;
};

template <class Fields>
class TypedModel : public OpModel, public HasFields {
 public:
  /// The fields of a drawn case; see generate() of OpModel.
  using Draw = Fields (*)(Random& random, const std::vector<Tile>& tiles);

  /// `table` must outlive the model.
  TypedModel(const FieldTable<Fields>& table, Draw draw) : table_(&table), draw_(draw) {}

  const Schema& schema() const final { return table_->schema(); }
  Case through_fields(const Case& c) const final { return table_->to_case(table_->fields(c)); }
  Case generate(Random& random, const std::vector<Tile>& tiles) const final {
    constexpr int kStretched = 20;  // percent
    Case drawn = table_->to_case(draw_(random, tiles));
    if (!random.chance(kStretched)) return drawn;
    return stretched(*this, drawn, random).value_or(drawn);
  }
  std::string inadmissible(const Case& c) const final { return objection(table_->fields(c)); }
  Problem materialise(const Case& c, std::string_view variant) const final {
    return problem(table_->fields(c), variant);
  }
  Case layout_twin(const Case& c) const final {
    Fields twin = table_->with_other_layouts(table_->fields(c));
    change_more(twin);
    return table_->to_case(twin);
  }
  Check value_check(const Case& c) const final { return check_of(table_->fields(c)); }
  bool has_edge_values(const Case& c) const final { return edge_values(table_->fields(c)); }
  bool same_bits_on_devices(const Case& c) const final { return portable(table_->fields(c)); }
  std::vector<Relation> relations(const Case& c, const Problem& problem,
                                  Random& random) const final {
    return related(table_->fields(c), problem, random);
  }
  std::optional<Cost> cost(const Case& /*c*/, const Problem& problem,
                           std::string_view variant) const final {
    return cost_of(problem, variant);
  }
  Case cost_case() const final { return table_->to_case(typical()); }

 protected:
  /// See inadmissible() and materialise() of OpModel.
  virtual std::string objection(const Fields& fields) const = 0;
  virtual Problem problem(const Fields& fields, std::string_view variant) const = 0;

  /// Changes what else moves memory and nothing else, besides the layouts of operands.
  virtual void change_more(Fields& /*fields*/) const {}

  virtual bool edge_values(const Fields& fields) const = 0;
  virtual Check check_of(const Fields& fields) const {
    return edge_values(fields) ? Check::edge : Check::shapes;
  }
  virtual std::vector<Relation> related(const Fields& /*fields*/, const Problem& /*problem*/,
                                        Random& /*random*/) const {
    return {};
  }
  virtual std::optional<Cost> cost_of(const Problem& /*problem*/,
                                      std::string_view /*variant*/) const {
    return std::nullopt;
  }
  virtual bool portable(const Fields& /*fields*/) const { return true; }
  /// Sizes of a real model, simplest contents.
  virtual Fields typical() const { return {}; }

 private:
  const FieldTable<Fields>* table_;
  Draw draw_;
};

}  // namespace mlacheck
