// What is thrown for a code object that cannot be used. The text says what was read and expected.
#pragma once

#include <stdexcept>

namespace mlacheck::amd {

class CodeObjectError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace mlacheck::amd
