// Oracle of mla_decode: softmax attention over the visible keys of a paged cache, and its LSE.
#pragma once

#include "harness/op/oracle.hpp"

namespace mlacheck::mla_decode {

const Oracle& oracle();

}  // namespace mlacheck::mla_decode
