/* The interpreter of AMD code objects as a C library, for whoever cannot include C++: libmlacheck_amd.so.
 *
 * Device memory is the caller's memory: an address in an argument is one of the process. A kernel may access
 * what the launch lists, and nothing else. Calls are not to be made by two threads at a time. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MLACHECK_AMD_VERSION 2

enum {
  MLACHECK_AMD_OK = 0,
  MLACHECK_AMD_BAD_INPUT = 1, /* nothing has run */
  MLACHECK_AMD_FAULT = 2      /* the launch ended early */
};

/* Checks of a launch, which take time; what they find is a fault. */
enum {
  MLACHECK_AMD_UNDEFINED = 1, /* results that depend on what nobody wrote */
  MLACHECK_AMD_WAITS = 2,     /* registers used before the s_waitcnt that their load needs */
  MLACHECK_AMD_HAZARDS = 4,   /* missing wait states */
  MLACHECK_AMD_RACES = 8      /* in LDS and in memory */
};

typedef struct mlacheck_amd_object mlacheck_amd_object;

/* Memory that the kernel may access. The counters may be null, all three together; else each has
 * ceil(bytes / element_bytes) elements, which are only added to. */
typedef struct {
  void* begin;
  uint64_t bytes;
  uint32_t element_bytes;
  uint32_t reserved;
  uint32_t* stores;          /* stores that touched the element */
  uint32_t* last_wave;       /* that stored last: linear block index * waves of a block + wave */
  uint32_t* unwritten_loads; /* loads before the first store */
} mlacheck_amd_range;

typedef struct {
  const mlacheck_amd_object* object;
  uint32_t kernel;       /* index in the description */
  uint32_t grid[3];      /* blocks */
  uint32_t block[3];     /* threads of a block */
  uint32_t dynamic_lds;  /* bytes */
  const void* arguments; /* the argument block; hidden arguments are filled in */
  uint64_t argument_bytes;
  const mlacheck_amd_range* ranges;
  uint64_t range_count;
  int64_t order_seed; /* of the order of blocks; negative: ascending, x fastest */
  /* Waves of a block: 0 each to its barrier, ascending; 1 the same, descending; 2 one instruction of each. */
  uint32_t wave_order;
  uint32_t checks; /* bits of MLACHECK_AMD_UNDEFINED and the others */
} mlacheck_amd_launch_arguments;

uint32_t mlacheck_amd_version(void);

/* What this machine lacks to run code for a target, such as "gfx942": LLVM's library, which disassembles it.
 * Null: nothing. Lives until the next call. */
const char* mlacheck_amd_missing(const char* target);

/* A code object (ELF) of `size` bytes; null with the reason in mlacheck_amd_error(). */
mlacheck_amd_object* mlacheck_amd_load(const void* bytes, uint64_t size);
void mlacheck_amd_unload(mlacheck_amd_object* object);

/* Lines, fields separated by tabs: "target NAME"; for each kernel "kernel NAME WAVE_SIZE LDS_BYTES
 * KERNARG_BYTES" and for each of its arguments "argument NAME KIND OFFSET BYTES". Lives as long as the object. */
const char* mlacheck_amd_describe(const mlacheck_amd_object* object);

/* What the interpreter cannot execute in the text section of this kernel: lines "COUNT INSTRUCTION REASON",
 * fields separated by tabs, one for each mnemonic. Words that are no instruction count as the mnemonic "?".
 * Lives until the next call; null with the reason in mlacheck_amd_error(). */
const char* mlacheck_amd_unknown(const mlacheck_amd_object* object, uint32_t kernel);

/* Runs the launch to its end; the text of a fault or of bad input is in mlacheck_amd_error(). */
int32_t mlacheck_amd_launch(const mlacheck_amd_launch_arguments* launch);

/* The text of the last call that failed; lives until the next one. */
const char* mlacheck_amd_error(void);

/* Instructions that waves have executed since the library was loaded. */
uint64_t mlacheck_amd_executed(void);

#ifdef __cplusplus
}
#endif
