#include "harness/run/execute.hpp"

#include <deque>
#include <exception>
#include <optional>

#include "harness/memory/image.hpp"
#include "harness/run/guarded_context.hpp"

namespace mlacheck {
namespace {

// The operands of one run: images on the host, copies in backend memory.
class PlacedOperands {
 public:
  /// Without a poison outputs are left as the backend allocates them.
  PlacedOperands(const Problem& problem, Backend& backend, std::optional<Poison> poison)
      : backend_(&backend) {
    for (const Operand& operand : problem.operands) {
      const Poison filled = poison.value_or(Poison::ones);
      const Image& image =
          images_.emplace_back(operand, operand.access == Access::output ? filled : other(filled));
      std::byte* memory = backend.allocate(image.bytes().size());
      memory_.push_back(memory);
      if (memory == nullptr) {
        error_ = "no memory for operand " + operand.name;
        continue;
      }
      if (poison) {
        note(backend.upload(memory, image.bytes().data(), image.bytes().size()));
        declare_all(image, memory);
      } else if (operand.access != Access::output) {
        note(backend.upload(memory, image.bytes().data(), image.bytes().size()));
      }
    }
  }
  PlacedOperands(const PlacedOperands&) = delete;
  PlacedOperands& operator=(const PlacedOperands&) = delete;

  ~PlacedOperands() {
    for (std::size_t i = 0; i < memory_.size(); ++i) {
      if (memory_[i] == nullptr) continue;
      // A sanitizer must not carry what it knows of this run over to the next owner of the memory.
      backend_->declare(memory_[i], images_[i].bytes().size(), Use::allowed);
      backend_->declare(memory_[i], images_[i].bytes().size(), Use::initialized);
      backend_->free(memory_[i]);
    }
  }

  const std::string& error() const { return error_; }

  Call call(const Problem& problem) const {
    Call call;
    for (std::size_t i = 0; i < images_.size(); ++i) {
      call.set_tensor(images_[i].operand().name, images_[i].view(memory_[i]));
    }
    for (const auto& [name, value] : problem.integers) call.set_integer(name, value);
    for (const auto& [name, value] : problem.reals) call.set_real(name, value);
    return call;
  }

  // Reads everything back: canaries into findings, outputs into the run.
  void collect(Run& run) {
    for (std::size_t i = 0; i < images_.size(); ++i) {
      const Image& image = images_[i];
      report_uninitialized(image, memory_[i], run);
      backend_->declare(memory_[i], image.bytes().size(), Use::allowed);
      std::vector<std::byte> after(image.bytes().size());
      note(backend_->download(after.data(), memory_[i], after.size()));
      std::string foreign = image.foreign_writes(after);
      if (!foreign.empty()) run.findings.push_back({Check::canary, std::move(foreign)});
      run.outputs.push_back(image.operand().access == Access::input ? std::vector<std::uint32_t>{}
                                                                    : image.read(after));
    }
  }

 private:
  void note(const Status& status) {
    if (!status.ok() && error_.empty()) error_ = status.message();
  }

  void declare_all(const Image& image, std::byte* memory) {
    const Operand& operand = image.operand();
    const std::size_t zone = image.zone_bytes();
    const std::size_t storage = image.bytes().size() - 2 * zone;
    backend_->declare(memory + zone, storage, Use::uninitialized);
    if (operand.access != Access::output) {
      for_each_live_range(image, [&](std::size_t first, std::size_t bytes) {
        backend_->declare(memory + first, bytes, Use::initialized);
      });
    }
    backend_->declare(memory, zone, Use::forbidden);
    backend_->declare(memory + zone + storage, zone, Use::forbidden);
  }

  // MSan's answer to "was every live output cell written, from initialised values only?".
  void report_uninitialized(const Image& image, std::byte* memory, Run& run) {
    if (image.operand().access == Access::input) return;
    std::string place;
    for_each_live_range(image, [&](std::size_t first, std::size_t bytes) {
      const auto offset = backend_->first_uninitialized(memory + first, bytes);
      if (offset && place.empty()) place = std::to_string(first + *offset - image.zone_bytes());
    });
    if (place.empty()) return;
    run.findings.push_back({Check::sanitizer, image.operand().name + ": byte " + place +
                                                  " of the storage holds an uninitialised value"});
  }

  // Calls back with maximal byte ranges of cells that are not dead.
  template <class Callback>
  static void for_each_live_range(const Image& image, const Callback& callback) {
    const Operand& operand = image.operand();
    const std::size_t width = size_of(operand.dtype);
    const auto count = static_cast<std::size_t>(operand.layout.elements());
    const bool output = operand.access != Access::input;
    std::size_t first = 0;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const Cell cell = operand.cell(i);
      if (cell == Cell::dead ||
          (output && cell == Cell::optional && operand.access == Access::output)) {
        continue;
      }
      const std::size_t at = image.byte_of(i);
      if (bytes > 0 && at == first + bytes) {
        bytes += width;
        continue;
      }
      if (bytes > 0) callback(first, bytes);
      first = at;
      bytes = width;
    }
    if (bytes > 0) callback(first, bytes);
  }

  Backend* backend_;
  std::deque<Image> images_;
  std::vector<std::byte*> memory_;
  std::string error_;
};

Status run_subject(const Subject& subject, const Call& call, LaunchContext& context, Run& run) {
  try {
    return subject.run(call, context);
  } catch (const std::exception& error) {
    run.findings.push_back({Check::refusal, std::string("the subject threw: ") + error.what()});
  } catch (...) {
    run.findings.push_back({Check::refusal, "the subject threw something that is no exception"});
  }
  return {};
}

}  // namespace

Run execute(const Subject& subject, const Problem& problem, Backend& backend, Poison poison) {
  Run run;
  PlacedOperands placed(problem, backend, poison);
  GuardedContext context(backend, other(poison));
  if (!placed.error().empty() || !context.backend_error().empty()) {
    run.harness_error = placed.error().empty() ? context.backend_error() : placed.error();
    return run;
  }
  backend.drain_findings();
  run.status = run_subject(subject, placed.call(problem), context, run);
  const Status finished = backend.synchronize();
  if (run.status.ok()) run.status = finished;
  for (Finding& finding : backend.drain_findings()) run.findings.push_back(std::move(finding));
  for (std::string& violation : context.scratch_violations()) {
    run.findings.push_back({Check::canary, std::move(violation)});
  }
  placed.collect(run);
  run.launches = context.launches();
  run.receipt = context.blocks_run() == context.blocks_expected();
  run.harness_error = placed.error().empty() ? context.backend_error() : placed.error();
  return run;
}

Status launch_only(const Subject& subject, const Problem& problem, Backend& backend) {
  backend.trim();
  Run run;
  PlacedOperands placed(problem, backend, std::nullopt);
  GuardedContext context(backend, std::nullopt);
  const std::string& error = placed.error().empty() ? context.backend_error() : placed.error();
  if (!error.empty()) return {StatusCode::out_of_memory, error};
  const Status launched = run_subject(subject, placed.call(problem), context, run);
  const Status finished = backend.synchronize();
  if (!run.findings.empty()) return {StatusCode::launch_failed, run.findings.front().text};
  return launched.ok() ? finished : launched;
}

}  // namespace mlacheck
