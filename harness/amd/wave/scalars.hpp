// Values of sources that are scalar.
#pragma once

#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

inline u32 scalar32(const Wave& wave, const Source& source) {
  return source.kind == Source::Kind::scalar ? wave.scalar[source.index] : low_word(source.value);
}
inline u64 scalar64(const Wave& wave, const Source& source) {
  return source.kind == Source::Kind::scalar
             ? joined(wave.scalar[source.index], wave.scalar[source.index + 1U])
             : source.value;
}

}  // namespace mlacheck::amd
