#include "harness/amd/code_object/code_object.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "harness/amd/code_object/descriptor.hpp"
#include "harness/amd/code_object/error.hpp"
#include "tests/harness/amd/support/assembled.hpp"

namespace mlacheck::amd {
namespace {

test::KernelText sample() {
  test::KernelText text;
  text.name = "sample";
  text.code = "s_nop 3\ns_endpgm";
  text.descriptor =
      ".amdhsa_user_sgpr_private_segment_buffer 1\n.amdhsa_user_sgpr_kernarg_segment_ptr 1\n"
      ".amdhsa_system_vgpr_workitem_id 2";
  text.arguments =
      "[ { .name: to, .offset: 0, .size: 8, .value_kind: global_buffer, .address_space: global }, "
      "{ .offset: 8, .size: 4, .value_kind: by_value } ]";
  text.kernarg_bytes = 12;
  text.lds_bytes = 96;
  text.scratch_bytes = 20;
  text.most_threads = 96;
  return text;
}

TEST(CodeObject, SaysWhatDescriptorAndMetadataSay) {
  const std::vector<std::byte> file = test::assembled(Target::gfx90a, sample());
  const CodeObject loaded{file};
  EXPECT_EQ(loaded.target(), Target::gfx90a);
  ASSERT_EQ(loaded.kernels().size(), 1U);
  EXPECT_EQ(loaded.kernel("other"), nullptr);
  const Kernel* const kernel = loaded.kernel("sample");
  ASSERT_NE(kernel, nullptr);
  EXPECT_EQ(kernel->wave_size, 64U);
  EXPECT_EQ(kernel->lds_bytes, 96U);
  EXPECT_EQ(kernel->scratch_bytes, 20U);
  EXPECT_EQ(kernel->kernarg_bytes, 12U);
  EXPECT_EQ(kernel->most_threads, 96U);
  EXPECT_EQ(kernel->accum_offset, 16U);
  EXPECT_EQ(kernel->vgprs, 16U);
  EXPECT_EQ(kernel->sgprs, 48U) << "40 and VCC, flat scratch, XNACK, in sixteens";
  EXPECT_EQ(kernel->properties, property::kPrivateSegmentBuffer | property::kKernargSegmentPtr);
  EXPECT_EQ(rsrc2::user_sgprs(kernel->rsrc2), 6U);
  EXPECT_EQ(rsrc2::workitem_ids(kernel->rsrc2), 2U);
  ASSERT_EQ(kernel->arguments.size(), 2U);
  EXPECT_EQ(kernel->arguments[0].name, "to");
  EXPECT_EQ(kernel->arguments[0].kind, "global_buffer");
  EXPECT_EQ(kernel->arguments[1].offset, 8U);
  EXPECT_EQ(kernel->arguments[1].size, 4U);
}

TEST(CodeObject, EntryIsTheFirstInstructionInMemory) {
  const std::vector<std::byte> file = test::assembled(Target::gfx90a, sample());
  const CodeObject loaded{file};
  const Kernel& kernel = loaded.kernels().front();
  ASSERT_GE(kernel.entry, kernel.code_begin);
  ASSERT_LE(kernel.entry + 8, kernel.code_end);
  std::uint32_t words[2];
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  std::memcpy(words, reinterpret_cast<const void*>(kernel.entry), sizeof words);
  EXPECT_EQ(words[0], 0xbf800003U) << "s_nop 3";
  EXPECT_EQ(words[1], 0xbf810000U) << "s_endpgm";
}

TEST(CodeObject, NarrowWavesHaveNoAccumulationRegisters) {
  const std::vector<std::byte> file = test::assembled(Target::gfx1030, sample());
  const CodeObject loaded{file};
  EXPECT_EQ(loaded.target(), Target::gfx1030);
  EXPECT_EQ(loaded.kernels().front().wave_size, 32U);
  EXPECT_EQ(loaded.kernels().front().accum_offset, 0U);
  EXPECT_EQ(loaded.kernels().front().vgprs, 16U);
}

TEST(CodeObject, RelocationsPointIntoTheImage) {
  test::KernelText text = sample();
  // A pointer in data, to the kernel's own code.
  text.code +=
      "\n.section .data.rel.ro,\"aw\",@progbits\n.p2align 3\nwhere:\n.quad sample + 4\n.text";
  const std::vector<std::byte> file = test::assembled(Target::gfx90a, text);
  const Elf elf{file};
  const CodeObject loaded{file};
  const ElfSection* const data = elf.section(".data.rel.ro");
  ASSERT_NE(data, nullptr);
  std::uint64_t pointer = 0;
  std::memcpy(&pointer, loaded.image().at(data->address, 8).data(), sizeof pointer);
  EXPECT_EQ(pointer, loaded.kernels().front().entry + 4);
}

TEST(CodeObject, EveryTruncationIsRefused) {
  const std::vector<std::byte> file = test::assembled(Target::gfx90a, sample());
  for (std::size_t length = 0; length < file.size(); length += 7) {
    EXPECT_THROW(CodeObject{std::span(file).first(length)}, CodeObjectError) << length;
  }
}

TEST(CodeObject, AnyByteMayBeWrong) {
  const std::vector<std::byte> file = test::assembled(Target::gfx90a, sample());
  unsigned refused = 0;
  for (std::size_t at = 0; at < file.size(); ++at) {
    std::vector<std::byte> broken = file;
    broken[at] ^= std::byte{0x81};
    // It loads, or says why it does not; anything else ends the test.
    try {
      const CodeObject loaded{broken};
    } catch (const CodeObjectError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 100U);
}

TEST(CodeObject, OtherMachinesAndProcessorsAreNamed) {
  std::vector<std::byte> file = test::assembled(Target::gfx90a, sample());
  std::vector<std::byte> other = file;
  other[48] = std::byte{0x31};  // e_flags: gfx906's is 0x2f, 0x31 is gfx909's
  try {
    const CodeObject loaded{other};
    FAIL();
  } catch (const CodeObjectError& error) {
    EXPECT_NE(std::string(error.what()).find("0x31"), std::string::npos) << error.what();
  }
  file[18] = std::byte{62};  // e_machine: x86-64
  EXPECT_THROW(CodeObject{file}, CodeObjectError);
}

}  // namespace
}  // namespace mlacheck::amd
