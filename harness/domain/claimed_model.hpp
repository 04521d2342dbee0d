// An op's model as a subject with a domain sees it: nothing outside is drawn, derived or shrunk to.
#pragma once

#include <memory>

#include "harness/domain/domain.hpp"
#include "harness/op/model.hpp"

namespace mlacheck {

/// `model` must outlive the result. Beside OpModel's: `inadmissible` says of a case that it is outside
/// the domain; generate() may return such a case if it draws none inside in a hundred attempts;
/// layout_twin() returns the case itself where the domain leaves no other layout.
std::shared_ptr<const OpModel> claimed_model(const OpModel& model, Domain domain);

}  // namespace mlacheck
