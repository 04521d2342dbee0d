// The check units, one file each. What each check means is in docs/checks.md.
#pragma once

#include "harness/checks/session.hpp"

namespace mlacheck {

/// True for problems of a real model's size, which only some of the units run on.
bool is_heavy(const Problem& problem);

/// Values against the oracle: K1, K7, K11, K12 or K14, as the case's model says, and the trust guard.
void check_values(Session& session);

/// eq: every consumable bit as the baseline has it. Variants that agree within the bound have both
/// met the oracle.
void check_agreement(Session& session);

/// K3 and K5: outputs, gaps and scratch under the other poison; protected bytes are compared by
/// every run.
void check_poison(Session& session);

/// K2: the same logical operands under other strides, gaps and offsets.
void check_layout(Session& session);

/// K4: dead elements and gaps of inputs as NaN where the first run had a large finite number.
void check_dead_input(Session& session);

/// K6: operands that end, then begin, at an inaccessible page.
void check_guarded_reads(Session& session);

/// K8: after other cases, on scratch that still holds what they left.
void check_history(Session& session);

/// K8: many calls at the same addresses, of which each changes an element in place.
void check_in_place(Session& session);

/// K8 on a device that records launches: one record, replayed with other contents in the same
/// buffers, as a serving engine replays a graph for the next step.
void check_replay(Session& session);

/// K9: equal calls; in other orders of threads and blocks where the backend can choose.
void check_repeat(Session& session);

/// K10 and K11: the op's metamorphic relations.
void check_relations(Session& session);

/// K12: what a consumer of the outputs would read.
void check_consumer(Session& session);

/// K13: one operand stretched so that its offsets pass 2^31 or 2^32.
void check_width(Session& session);

/// K13 of host routines: two sizes whose product passes 2^31 or 2^32, in a run that launches nothing.
void check_large_extents(Session& session);

/// K13 of indices: cases of more than 2^16 rows, tokens or pages, against their oracle.
void check_large_indices(Session& session);

/// K13 of kernels: the case's rows among so many others that indices pass 2^31 and 2^32.
void check_many_rows(Session& session);

/// K15: an output on top of another operand is refused, and nothing is written.
void check_alias(Session& session);

/// K20: each allocation denied in turn, and each launch.
void check_failures(Session& session);

/// The cost contract.
void check_cost(Session& session);

}  // namespace mlacheck
