// Parts of equivalences of the layer, and drawn cases made to fit them.
#pragma once

#include <functional>
#include <string>

#include "properties/decode_step/fields.hpp"
#include "properties/mla_decode/fields.hpp"
#include "properties/prefill_context/fields.hpp"
#include "tests/equivalences/equivalence.hpp"
#include "tests/equivalences/fit.hpp"

namespace mlacheck::equivalences {

using Decode = decode_step::Fields;
using Prefill = prefill_context::Fields;
using Attention = mla_decode::Fields;

/// See Part; `fit` changes the fields of a case.
Part of_decode(std::function<void(Decode&, Random&)> fit, std::function<bool(Trial&)> holds);
Part of_prefill(std::function<void(Prefill&, Random&)> fit, std::function<bool(Trial&)> holds);
Part of_attention(std::function<void(Attention&, Random&)> fit, std::function<bool(Trial&)> holds);

/// The part as it compares: by bounds, or one variant only.
Part by_bounds(Part part);
Part only(std::string variant, Part part);

/// Something to attend to, and sizes of which a run takes little: at least one column everywhere.
void small_step(Decode& f, Random& random);
void small_step(Prefill& f, Random& random);
void small_step(Attention& f, Random& random);

/// Every request has at least as many keys as tokens, on the device, too.
void whole_lengths(Decode& f);

}  // namespace mlacheck::equivalences
