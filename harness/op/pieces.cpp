#include "harness/op/pieces.hpp"

#include <algorithm>
#include <set>

namespace mlacheck {
namespace {

std::set<std::string>& variants_with_host_work() {
  static std::set<std::string> variants;
  return variants;
}

thread_local const std::vector<Piece>* pieces_in_scope = nullptr;

}  // namespace

PieceScope::PieceScope(const std::vector<Piece>& pieces) : before_(pieces_in_scope) {
  pieces_in_scope = &pieces;
}

PieceScope::~PieceScope() { pieces_in_scope = before_; }

const Piece* piece_of(std::string_view op) {
  if (pieces_in_scope == nullptr) return nullptr;
  const auto found = std::ranges::find(*pieces_in_scope, op, &Piece::op);
  return found == pieces_in_scope->end() ? nullptr : &*found;
}

void note_host_work(const std::string& variant) { variants_with_host_work().insert(variant); }

bool has_host_work(const std::string& variant) {
  return variants_with_host_work().contains(variant);
}

Status run_piece(const Piece& piece, const Call& call, LaunchContext& context) {
  Status status = piece.run(call, context);
  if (status.ok()) return status;
  return {status.code(), piece.name + ": " + status.message()};
}

}  // namespace mlacheck
