#include "harness/amd/scalar/hardware_register.hpp"

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace mlacheck::amd {
namespace {

// ", 6, 4": where the field begins, and how many bits it has.
bool read_field(std::string_view text, unsigned& offset, unsigned& width) {
  for (unsigned* const number : {&offset, &width}) {
    if (!text.starts_with(", ")) return false;
    text.remove_prefix(2);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  return text.empty();
}

}  // namespace

// Packed into the operation's fields: the name into flags, the field into the offsets.
void set_hardware_register(Operation& operation, const Operand& operand) {
  std::string_view text = operand.text;
  if (!text.starts_with("hwreg(") || !text.ends_with(')')) {
    throw Unknown{"'" + operand.text + "' names no hardware register"};
  }
  text = text.substr(6, text.size() - 7);
  const std::string_view name = text.substr(0, text.find(','));
  HardwareRegister::Name known{};
  if (name == "HW_REG_MODE") {
    known = HardwareRegister::Name::mode;
  } else if (name == "HW_REG_FLAT_SCR_LO" || name == "HW_REG_FLAT_SCR_HI") {
    known = HardwareRegister::Name::flat_scratch;
  } else if (name == "HW_REG_SH_MEM_BASES") {
    known = HardwareRegister::Name::memory_bases;
  } else {
    throw Unknown{"hardware register '" + std::string(name) + "' is not understood"};
  }
  unsigned offset = 0;
  unsigned width = 32;
  const bool whole = text.size() == name.size();
  if (!whole && (!read_field(text.substr(name.size()), offset, width) || offset > 31 ||
                 width == 0 || width > 32 - offset)) {
    throw Unknown{"the field of '" + operand.text + "' is not understood"};
  }
  operation.flags = static_cast<u32>(known);
  operation.offset = offset;
  operation.offset1 = width;
}

HardwareRegister hardware_register(const Operation& operation) {
  const auto width = static_cast<unsigned>(operation.offset1);
  return {static_cast<HardwareRegister::Name>(operation.flags),
          static_cast<unsigned>(operation.offset), width >= 32 ? ~0U : (1U << width) - 1U};
}

}  // namespace mlacheck::amd
