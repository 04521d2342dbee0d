#include "harness/python/worker_entry.h"

#include <cstddef>
#include <exception>
#include <iostream>
#include <stdexcept>

#include "harness/process/own_process.hpp"
#include "harness/process/post_mortem.hpp"
#include "harness/process/process.hpp"
#include "harness/subjects/python_subjects.hpp"
#include "harness/text/text.hpp"
#include "harness/verdict/verdict.hpp"
#include "harness/worker/serve.hpp"

namespace mlacheck {
namespace {

int complain(const std::exception& error, int status) {
  std::cerr << "mlacheck: " << printable(error.what()) << '\n';
  return status;
}

int run(const mlacheck_worker_arguments& arguments) {
  prepare_process();
  set_python_importer(arguments.import_path);
  WorkerLibraries libraries;
  for (std::int32_t i = 0; i < arguments.path_count; ++i) {
    libraries.plugins.emplace_back(arguments.paths[i]);
  }
  for (std::int32_t i = 0; i < arguments.piece_count; ++i) {
    libraries.pieces.emplace_back(arguments.pieces[i]);
  }
  if (arguments.describe == 1) {
    return describe(arguments.socket, arguments.post_mortem, libraries);
  }
  return serve(arguments.socket, arguments.post_mortem, libraries);
}

}  // namespace
}  // namespace mlacheck

// No exception may reach the interpreter.
std::int32_t mlacheck_worker_main(const mlacheck_worker_arguments* arguments) {
  std::int32_t status = mlacheck::kExitError;
  try {
    status = mlacheck::run(*arguments);
  } catch (const std::invalid_argument& error) {
    status = mlacheck::complain(error, mlacheck::kExitUsage);
  } catch (const std::exception& error) {
    status = mlacheck::complain(error, mlacheck::kExitError);
  }
  mlacheck::end_strays();
  return status;
}

std::int64_t mlacheck_traceback_place(void) { return offsetof(mlacheck::PostMortem, traceback); }

void mlacheck_first_call(std::int32_t begins) { mlacheck::note_first_call(begins == 1); }
