#include "harness/worker/post_mortem.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "harness/backends/cpu/guard_pages.hpp"
#include "harness/core/progress.hpp"

namespace mlacheck {
namespace {

PostMortem* own_page = nullptr;

template <std::size_t Size>
void store(std::array<char, Size>& to, const char* text, std::size_t length) {
  length = std::min(length, Size - 1);
  std::memcpy(to.data(), text, length);
  to[length] = '\0';
}

PostMortem* map(int descriptor) {
  void* const page =
      mmap(nullptr, sizeof(PostMortem), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  return page == MAP_FAILED ? nullptr : static_cast<PostMortem*>(page);
}

}  // namespace

PostMortemPage make_post_mortem_page() {
  PostMortemPage result;
  result.descriptor = memfd_create("mlacheck-post-mortem", 0);
  if (result.descriptor < 0) return result;
  if (ftruncate(result.descriptor, sizeof(PostMortem)) == 0) result.page = map(result.descriptor);
  return result;
}

void release(const PostMortemPage& page) {
  if (page.page != nullptr) munmap(page.page, sizeof(PostMortem));
  if (page.descriptor >= 0) close(page.descriptor);
}

bool keep_post_mortem(int descriptor) {
  own_page = map(descriptor);
  if (own_page == nullptr) return false;
  set_progress_listener(
      [](std::string_view check) { store(own_page->check, check.data(), check.size()); });
  cpu::set_fault_listener(
      [](const char* text) { store(own_page->fault, text, std::strlen(text)); });
  return true;
}

}  // namespace mlacheck
