#include "harness/execute/heap.hpp"

#include <malloc.h>

namespace mlacheck {

std::int64_t heap_in_use() {
#if defined(__GLIBC__)
  const struct mallinfo2 info = mallinfo2();
  return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
#else
  return 0;
#endif
}

}  // namespace mlacheck
