// Bundled subjects as a table of the C interface, through which all subjects are called: bundled
// variants, mutants and plug-ins.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/abi/subject.h"
#include "harness/op/subject.hpp"

namespace mlacheck {

/// Owns what the C table points to. Must outlive every subject imported from it.
class ExportedTable {
 public:
  explicit ExportedTable(SubjectTable table);
  ExportedTable(const ExportedTable&) = delete;
  ExportedTable& operator=(const ExportedTable&) = delete;
  ~ExportedTable();

  const mlacheck_table& table() const { return table_; }

 private:
  struct Entry;

  SubjectTable source_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<mlacheck_tile> tiles_;
  std::vector<mlacheck_subject> subjects_;
  mlacheck_table table_{};
};

}  // namespace mlacheck
