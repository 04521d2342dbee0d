// Layers some of whose steps are foreign: `--piece merge_states=mine.py` puts what a library has of that op
// into every bundled layer that runs it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/op/subject.hpp"

namespace mlacheck {

/// What one `--piece` says.
struct PieceChoice {
  std::string text;  ///< "merge_states=./libmine.so"
  std::string op;
  std::string path;  ///< of the library, or what Python imports
};

/// Throws std::invalid_argument that quotes the text, for one that is not OP=SUBJECT or whose op is a step
/// of no layer.
PieceChoice piece_choice(const std::string& text);

/// The tables of one library, loaded or only described.
struct PieceLibrary {
  PieceChoice choice;
  std::vector<SubjectTable> tables;
  std::string options{};  ///< that a replay must repeat: "--python /opt/bin/python3"
};

/// Enters a subject for each bundled variant of each layer that has all of these steps, and each way to
/// choose a variant of each piece. Its variant is named "optimised+mla_decode:mine", its baseline is the
/// bundled variant, and it promises what all of its pieces promise: their agreement, conventions, numerics
/// and domain. The table's origin is the text of the last piece. A combination that a layer cannot
/// take is a subject that is unavailable, with the reason. Throws std::invalid_argument, which names the
/// piece, where no layer can take any.
void enter_pieces(std::vector<PieceLibrary> libraries);

using LoadTables = std::function<std::vector<SubjectTable>(const std::string& path)>;

/// What `load` has of the piece's library. A refusal that blames --subject blames --piece, as it was given.
std::vector<SubjectTable> tables_of(const PieceChoice& choice, const LoadTables& load);

/// Loads the libraries first. Only where foreign code may run.
void add_pieces(const std::vector<std::string>& texts);

}  // namespace mlacheck
