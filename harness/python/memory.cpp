// Memory of arrays in a Python worker: what new ones hold, and how one of the harness is handed over.
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "harness/python/worker_entry.h"

namespace mlacheck {
namespace {

std::atomic<int> poison{0xFF};

// PyDataMem_Handler of NumPy, version 1.
struct NumpyAllocator {
  void* context;
  void* (*allocate)(void* context, std::size_t size);
  void* (*allocate_zeros)(void* context, std::size_t count, std::size_t size);
  void* (*reallocate)(void* context, void* memory, std::size_t size);
  void (*release)(void* context, void* memory, std::size_t size);
};

struct NumpyHandler {
  char name[127];
  std::uint8_t version;
  NumpyAllocator allocator;
};

void* allocate_poisoned(void* /*context*/, std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory != nullptr) std::memset(memory, poison.load(), size);
  return memory;
}

NumpyHandler numpy_handler{
    "mlacheck",
    1,
    {nullptr, &allocate_poisoned,
     [](void*, std::size_t count, std::size_t size) { return std::calloc(count, size); },
     [](void*, void* memory, std::size_t size) { return std::realloc(memory, size); },
     [](void*, void* memory, std::size_t) { std::free(memory); }}};

// A view that owns its shape and its strides.
struct Managed {
  DLManagedTensor tensor{};
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
};

}  // namespace
}  // namespace mlacheck

void mlacheck_poison(std::int32_t byte) { mlacheck::poison = byte; }

void* mlacheck_numpy_memory(void) { return &mlacheck::numpy_handler; }

void* mlacheck_managed(const DLTensor* tensor) {
  auto managed = std::make_unique<mlacheck::Managed>();
  managed->shape.assign(tensor->shape, tensor->shape + tensor->ndim);
  managed->strides.assign(tensor->strides, tensor->strides + tensor->ndim);
  DLManagedTensor& result = managed->tensor;
  result.dl_tensor = *tensor;
  result.dl_tensor.shape = managed->shape.data();
  result.dl_tensor.strides = managed->strides.data();
  result.manager_ctx = managed.get();
  result.deleter = [](DLManagedTensor* self) {
    const std::unique_ptr<mlacheck::Managed> gone(
        static_cast<mlacheck::Managed*>(self->manager_ctx));
  };
  return &managed.release()->tensor;
}
