// How long the calls of a subject take, back to back on one stream.
#pragma once

#include <functional>
#include <memory>

#include "harness/backends/backend.hpp"

namespace mlacheck::bench {

/// How calls reach the device.
enum class Launches {
  graph,  ///< recorded once, replayed: the host's part is not in the time
  plain,  ///< one by one, host routine included
};

class Stopwatch {
 public:
  Stopwatch() = default;
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  virtual ~Stopwatch() = default;

  /// Microseconds of one call: the mean over all calls of a batch.
  virtual double measure() = 0;
};

/// A batch is `calls` calls of `call`, which throws when one fails. On cuda the events of the
/// stream tell the time, elsewhere the host's clock does. Throws std::invalid_argument where the
/// backend has no graphs.
std::unique_ptr<Stopwatch> make_stopwatch(Backend& backend, Launches launches, int calls,
                                          std::function<void()> call);

#ifdef MLACHECK_HAS_CUDA
std::unique_ptr<Stopwatch> make_cuda_stopwatch(Backend& backend, Launches launches, int calls,
                                               std::function<void()> call);
#endif

}  // namespace mlacheck::bench
