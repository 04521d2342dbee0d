// Helpers for plug-ins in C++17 or CUDA: what an adapter between subject.h and a kernel needs again
// and again. Installed as <mlacheck/adapt.hpp>; needs nothing but subject.h. Compiled by nvcc, it
// also copies on the device.
//
//   mlacheck_status run(void*, const mlacheck_call* call, mlacheck_context* context) {
//     return mlacheck::adapt::guarded(context, [&] {
//       const mlacheck::adapt::Call c(*call);
//       const DLTensor& x = c.tensor("x");
//       if (type_of(x) != Type::f32) unsupported("argument x: only f32, this is " + text_of(x));
//       ...
//     });
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <string>
#include <utility>

#include "subject.h"

namespace mlacheck::adapt {

/// Ends a call with a status other than MLACHECK_OK; `guarded` hands it on.
class Refusal : public std::exception {
 public:
  Refusal(mlacheck_status status, std::string text) : status_(status), text_(std::move(text)) {}
  mlacheck_status status() const { return status_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  mlacheck_status status_;
  std::string text_;
};

[[noreturn]] inline void refuse(mlacheck_status status, std::string text) {
  throw Refusal(status, std::move(text));
}
/// Not this subject's business: the case is skipped.
[[noreturn]] inline void unsupported(std::string text) {
  refuse(MLACHECK_UNSUPPORTED, std::move(text));
}
/// Outside the contract, and nothing has been written.
[[noreturn]] inline void invalid(std::string text) {
  refuse(MLACHECK_INVALID_ARGUMENT, std::move(text));
}

/// Runs `body` and turns a Refusal into its status and message. Other exceptions pass: the harness
/// reports their text.
template <class Body>
mlacheck_status guarded(mlacheck_context* context, Body&& body) {
  try {
    std::forward<Body>(body)();
  } catch (const Refusal& refusal) {
    context->set_error(context, refusal.what());
    return refusal.status();
  }
  return MLACHECK_OK;
}

/// Element types that operands have.
enum class Type { f32, f16, bf16, i32, u8, other };

inline Type type_of(const DLTensor& tensor) {
  const DLDataType& dtype = tensor.dtype;
  const auto is = [&](DLDataTypeCode code, int bits) {
    return dtype.code == code && dtype.bits == bits && dtype.lanes == 1;
  };
  if (is(kDLFloat, 32)) return Type::f32;
  if (is(kDLFloat, 16)) return Type::f16;
  if (is(kDLBfloat, 16)) return Type::bf16;
  if (is(kDLInt, 32)) return Type::i32;
  if (is(kDLUInt, 8)) return Type::u8;
  return Type::other;
}

inline const char* name_of(Type type) {
  switch (type) {
    case Type::f32:
      return "f32";
    case Type::f16:
      return "f16";
    case Type::bf16:
      return "bf16";
    case Type::i32:
      return "i32";
    case Type::u8:
      return "u8";
    case Type::other:
      break;
  }
  return "a type of another interface";
}

/// Bytes of an element. Two codes of E2M1 share a byte, and the shape counts bytes.
inline std::int64_t element_bytes(const DLTensor& tensor) {
  return (static_cast<std::int64_t>(tensor.dtype.bits) * tensor.dtype.lanes + 7) / 8;
}

inline std::int64_t elements(const DLTensor& tensor) {
  std::int64_t count = 1;
  for (int axis = 0; axis < tensor.ndim; ++axis) count *= tensor.shape[axis];
  return count;
}

/// What a dense tensor of this shape has as the stride of `axis`.
inline std::int64_t dense_stride(const DLTensor& tensor, int axis) {
  std::int64_t stride = 1;
  for (int inner = tensor.ndim - 1; inner > axis; --inner) stride *= tensor.shape[inner];
  return stride;
}

/// The stride of `axis` in elements. Along an axis of extent 1 nothing moves, and a tensor may say
/// anything there: the stride of a dense tensor stands for it.
inline std::int64_t stride(const DLTensor& tensor, int axis) {
  const bool moves = tensor.strides != nullptr && tensor.shape[axis] != 1;
  return moves ? tensor.strides[axis] : dense_stride(tensor, axis);
}

/// Row-major without gaps. A tensor without elements is.
inline bool is_dense(const DLTensor& tensor) {
  if (elements(tensor) == 0) return true;
  for (int axis = 0; axis < tensor.ndim; ++axis) {
    if (stride(tensor, axis) != dense_stride(tensor, axis)) return false;
  }
  return true;
}

/// Stride 1 in the last axis.
inline bool has_dense_rows(const DLTensor& tensor) {
  return tensor.ndim == 0 || elements(tensor) == 0 || stride(tensor, tensor.ndim - 1) == 1;
}

/// Of the first element. Null is a multiple of everything.
inline bool is_aligned(const DLTensor& tensor, std::uintptr_t bytes) {
  return (reinterpret_cast<std::uintptr_t>(tensor.data) + tensor.byte_offset) % bytes == 0;
}

/// "bf16[3,4] strides [8,1]", for messages.
inline std::string text_of(const DLTensor& tensor) {
  std::string shape;
  std::string strides;
  for (int axis = 0; axis < tensor.ndim; ++axis) {
    const char* const comma = axis == 0 ? "" : ",";
    shape += comma + std::to_string(tensor.shape[axis]);
    strides += comma + std::to_string(stride(tensor, axis));
  }
  const std::string text = name_of(type_of(tensor)) + ("[" + shape + "]");
  return is_dense(tensor) ? text : text + " strides [" + strides + "]";
}

/// The first element. T must have the size of an element.
template <class T>
T* data(const DLTensor& tensor) {
  if (element_bytes(tensor) != static_cast<std::int64_t>(sizeof(T))) {
    invalid("elements of " + std::to_string(sizeof(T)) + " bytes are needed, not " +
            text_of(tensor));
  }
  if (tensor.data == nullptr) return nullptr;
  return reinterpret_cast<T*>(static_cast<char*>(tensor.data) + tensor.byte_offset);
}

/// Operands and scalars by name. A name that is asked for without an alternative and is not there ends
/// the call.
class Call {
 public:
  explicit Call(const mlacheck_call& call) : call_(&call) {}

  const mlacheck_operand* find_operand(const char* name) const {
    return found(call_->operands, call_->operand_count, name);
  }
  /// Null where the case has no such operand.
  const DLTensor* find(const char* name) const {
    const mlacheck_operand* const operand = find_operand(name);
    return operand == nullptr ? nullptr : &operand->tensor;
  }
  const DLTensor& tensor(const char* name) const { return there(find_operand(name), name).tensor; }
  mlacheck_format format(const char* name) const {
    return static_cast<mlacheck_format>(there(find_operand(name), name).format);
  }

  std::int64_t integer(const char* name) const { return there(find_integer(name), name).value; }
  std::int64_t integer(const char* name, std::int64_t otherwise) const {
    const mlacheck_integer* const integer = find_integer(name);
    return integer == nullptr ? otherwise : integer->value;
  }
  double real(const char* name) const { return there(find_real(name), name).value; }
  double real(const char* name, double otherwise) const {
    const mlacheck_real* const real = find_real(name);
    return real == nullptr ? otherwise : real->value;
  }

 private:
  const mlacheck_integer* find_integer(const char* name) const {
    return found(call_->integers, call_->integer_count, name);
  }
  const mlacheck_real* find_real(const char* name) const {
    return found(call_->reals, call_->real_count, name);
  }
  template <class Entry>
  static const Entry* found(const Entry* entries, std::int32_t count, const char* name) {
    for (std::int32_t i = 0; i < count; ++i) {
      if (std::strcmp(entries[i].name, name) == 0) return &entries[i];
    }
    return nullptr;
  }
  template <class Entry>
  static const Entry& there(const Entry* entry, const char* name) {
    if (entry == nullptr) invalid(std::string("the call has no argument ") + name);
    return *entry;
  }

  const mlacheck_call* call_;
};

}  // namespace mlacheck::adapt
