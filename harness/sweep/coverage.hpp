// K17: which parts of an op's configuration space the cases of a row have reached.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/case/case.hpp"
#include "harness/case/extents.hpp"
#include "harness/domain/domain.hpp"
#include "harness/op/subject.hpp"

namespace mlacheck {

/// Classes of a case, such as "dtype=bf16". Each choice of a choice field is one. Of an integer
/// field: its simplest value, any other one, and 0 where that may be; where a kernel's tile lies
/// along it, also a partial tile, whole tiles, and whole tiles with a tail. Of a list: none, one
/// and several entries. Of an extent: each power of two up to what real models have; where the op
/// has a list, with entries that are all alike and with others.
class Coverage {
 public:
  /// Until so many cases ran, a class that is missing proves nothing.
  static constexpr std::int64_t kEnough = 1000;

  /// The same for classes of extents, of which there are many.
  static constexpr std::int64_t kEnoughForExtents = 10'000;

  Coverage() = default;
  /// `listed`: numbers of integer fields that are classes of their own.
  Coverage(const Schema& schema, const std::vector<Tile>& tiles,
           const std::vector<ListedValue>& listed = {});

  /// `refused`: the subject declared itself unable to run the case.
  void note(const Case& c, bool refused);

  /// The classes of `drawn` that a domain took away, `kept` being what became of it, are outside the
  /// subject's domain, too.
  void excuse(const Case& drawn, const Case& kept);

  std::int64_t cases() const { return cases_; }
  const std::vector<std::string>& classes() const { return classes_; }

  /// Classes that no case was in, in the order of the fields. A class whose cases were all refused
  /// is outside the subject's domain, and is not missing.
  std::vector<std::string> missing() const;

  /// Pairs of classes of two different fields that met in a case, and all such pairs.
  struct Pairs {
    std::int64_t met = 0;
    std::int64_t all = 0;
  };
  Pairs pairs() const;

 private:
  std::vector<std::size_t> classes_of(const Case& c) const;
  void enter_extents(const Schema& schema);
  void add_extents(const Case& c, std::vector<std::size_t>& found) const;
  void enter(std::size_t field, const std::string& name);

  std::vector<Field> fields_;
  std::vector<Extent> extents_;
  std::size_t first_of_extents_ = 0;  // among the classes
  std::optional<std::size_t> list_;   // field whose entries are alike or not
  std::vector<ListedValue> listed_;
  std::vector<Tile> tiles_;  // those that lie along an integer field
  std::vector<std::string> classes_;
  std::vector<std::size_t> owner_;  // field of each class
  std::map<std::string, std::size_t> number_;
  std::set<std::size_t> seen_;
  std::set<std::size_t> refused_;
  std::vector<bool> met_;  // i * classes + j, for i < j: a lookup of each pair of every case
  std::int64_t cases_ = 0;
};

}  // namespace mlacheck
