// Reads the fields of a plug-in's table, and says which one is wrong.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "harness/abi/subject.h"

namespace mlacheck {

/// All of these throw std::invalid_argument, whose text begins with the place.
class TableReader {
 public:
  explicit TableReader(const mlacheck_table& table);

  [[noreturn]] void refuse(const std::string& field, const std::string& value,
                           const std::string& expected) const;

  std::string text(const char* value, const char* field) const;
  /// A name that may be left out.
  std::string optional_text(const char* value, const char* field) const;
  /// What its terms mean is checked where the op is known.
  std::string domain(const char* value) const;
  std::int32_t one_of(const std::string& field, std::int32_t value,
                      std::initializer_list<std::int32_t> known) const;
  void zero(const char* field, std::int32_t value) const;
  /// `otherwise` where the table says 0.
  std::int32_t digits(const std::string& field, std::int32_t value, std::int32_t otherwise,
                      std::int32_t least) const;
  /// The same, or -1 for Numerics::kOfElementType.
  std::int32_t digits_or_those_of_the_type(const std::string& field, std::int32_t value,
                                           std::int32_t otherwise, std::int32_t least) const;
  /// From 0 to `most`.
  double number(const std::string& field, double value, double most,
                const std::string& expected) const;

 private:
  std::string place_ = "table of a plug-in";
};

}  // namespace mlacheck
