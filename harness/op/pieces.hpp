// Foreign code for single steps of a layer: a host routine that is made of ops calls each of them
// through run_step(), which a piece in scope takes the place of.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/op/call.hpp"
#include "harness/op/launch_context.hpp"
#include "harness/op/status.hpp"

namespace mlacheck {

/// Takes the place of an op wherever a layer calls it.
struct Piece {
  std::string op;
  /// For messages: "piece merge_states (variant mine of ./libmine.so)".
  std::string name;
  std::function<Status(const Call&, LaunchContext&)> run;
};

/// On this thread layers call these, for as long as the scope lives. `pieces` must outlive it.
class PieceScope {
 public:
  explicit PieceScope(const std::vector<Piece>& pieces);
  PieceScope(const PieceScope&) = delete;
  PieceScope& operator=(const PieceScope&) = delete;
  ~PieceScope();

 private:
  const std::vector<Piece>* before_;
};

/// Null if no piece takes the place of the op.
const Piece* piece_of(std::string_view op);

/// The piece's status; where that is no success, its message begins with the name of the piece.
Status run_piece(const Piece& piece, const Call& call, LaunchContext& context);

/// A layer of that variant has a piece that does its work while it is called, by no launch: what was
/// captured of it is not all, and without memory it cannot be called. For the whole program; not
/// thread-safe.
void note_host_work(const std::string& variant);
bool has_host_work(const std::string& variant);

/// One step of a layer. `call` holds operands and scalars as the contract of `op` has them.
template <class Bundled>
Status run_step(std::string_view op, const Bundled& bundled, const Call& call,
                LaunchContext& context) {
  const Piece* const piece = piece_of(op);
  return piece == nullptr ? bundled(call, context) : run_piece(*piece, call, context);
}

}  // namespace mlacheck
