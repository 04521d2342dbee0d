// Accesses to device memory, which is the host's, held to the live allocations.
#pragma once

#include <cstring>

#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

/// The host's memory at this address; fails the launch unless all `bytes` bytes are live.
/// `what` is "load" or "store".
void* global_memory(const Wave& wave, const Operation& operation, u64 address, u64 bytes,
                    const char* what, unsigned lane);

/// The same for an access of the whole wave.
void* global_memory(const Wave& wave, const Operation& operation, u64 address, u64 bytes,
                    const char* what);

/// The host's memory of a lane's scratch at this offset, which lies within one dword.
u8* scratch_memory(const Wave& wave, const Operation& operation, i64 offset, unsigned bytes,
                   unsigned lane);

/// The LDS at this address.
u8* lds_memory(const Wave& wave, const Operation& operation, i64 address, unsigned bytes,
               unsigned lane, const char* what);

}  // namespace mlacheck::amd
