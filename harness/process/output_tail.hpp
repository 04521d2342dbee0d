// What a process prints: the reading end of a pipe, and the last of what came through it.
#pragma once

#include <string>

namespace mlacheck {

class OutputTail {
 public:
  OutputTail() = default;
  OutputTail(const OutputTail&) = delete;
  OutputTail& operator=(const OutputTail&) = delete;
  ~OutputTail();

  /// A new pipe. Returns the end to write to, which the caller closes; -1 if there is none.
  int open();

  /// For poll: -1 when nothing more can come.
  int descriptor() const { return pipe_; }

  /// Takes some of what is there, without waiting. False if there was nothing.
  bool take();
  /// Takes all of what is there, but no more than a pipe holds: a writer may never pause.
  void take_all();
  void forget() { text_.clear(); }

  /// The last lines, at most `lines`, with everything escaped that a terminal would act on.
  std::string last(int lines) const;

 private:
  int pipe_ = -1;
  std::string text_;
};

}  // namespace mlacheck
