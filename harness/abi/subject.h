/* The interface between mlacheck and the code that it checks: a shared library that exports
 * mlacheck_subjects() is a plug-in, whatever it is written in. Installed as <mlacheck/subject.h>;
 * plain C99, needs only DLPack. docs/plug-in.md walks through an example.
 *
 * Rules for a subject
 *  - It is called by one thread at a time in a process of its own, with the operands that
 *    docs/plug-in.md lists for its op. It must not keep a pointer after the call.
 *  - All scratch comes from the context, so that it is poisoned, guarded and counted. On a GPU the
 *    work goes to the context's stream, and the call need not wait for it.
 *  - A refusal (bad argument, unsupported) writes nothing and says why through set_error.
 *  - It may be called any number of times, in any order of cases.
 */
#ifndef MLACHECK_SUBJECT_H_
#define MLACHECK_SUBJECT_H_

#include <dlpack/dlpack.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised whenever a structure below changes. Plug-ins built for version 1, where a subject ends with
 * `unavailable`, are still loaded. */
#define MLACHECK_SUBJECT_VERSION 2u

/* How the bits of an element are to be read where DLPack has no type code for it. A tensor of
 * format PLAIN is fully described by its DLTensor; any other format comes as unsigned integers of 8
 * bits, and the shape counts these. */
typedef enum {
  MLACHECK_PLAIN = 0,
  MLACHECK_E2M1 = 1,     /* two a byte, low nibble first */
  MLACHECK_E8M0 = 2,     /* OCP MX scale */
  MLACHECK_E4M3FN = 3,   /* OCP fp8 */
  MLACHECK_E4M3FNUZ = 4, /* fp8 of CDNA3 */
  MLACHECK_E5M2 = 5      /* of no op yet */
} mlacheck_format;

typedef enum {
  MLACHECK_OK = 0,
  MLACHECK_INVALID_ARGUMENT = 1, /* refused before any launch, nothing written */
  MLACHECK_UNSUPPORTED = 2,      /* outside what this subject does: the case is skipped */
  MLACHECK_LAUNCH_FAILED = 3,
  MLACHECK_OUT_OF_MEMORY = 4,
  MLACHECK_COMPILE_FAILED = 5 /* a kernel that is compiled when it is called could not be */
} mlacheck_status;

/* Strides are in elements, never null, and meaningless for axes of extent 1; data already includes
 * any offset (byte_offset is 0). data is null where an extent is 0, except in the runs of K6, which
 * give such an operand an address that must not be touched. */
typedef struct {
  const char* name;
  DLTensor tensor;
  int32_t format; /* mlacheck_format */
  int32_t reserved;
} mlacheck_operand;

typedef struct {
  const char* name;
  int64_t value;
} mlacheck_integer;

typedef struct {
  const char* name;
  double value;
} mlacheck_real;

/* Optional operands that a case does not have are left out of the list. */
typedef struct {
  int32_t operand_count;
  int32_t integer_count;
  int32_t real_count;
  int32_t reserved;
  const mlacheck_operand* operands;
  const mlacheck_integer* integers;
  const mlacheck_real* reals;
} mlacheck_call;

typedef struct {
  const char* kernel; /* must stay valid: a string literal */
  uint32_t grid[3];
  uint32_t block[3];
  uint64_t dynamic_shared_bytes;
} mlacheck_launch;

typedef enum {
  MLACHECK_FILL = 0, /* memory set to a constant */
  MLACHECK_COPY = 1  /* memory moved without computing on it */
} mlacheck_traffic;

typedef struct mlacheck_context mlacheck_context;
struct mlacheck_context {
  void* harness; /* not for the subject */
  void* stream;  /* cudaStream_t or hipStream_t; null on the CPU */

  /* A counter in device memory that every block of every recorded launch adds 1 to, once. Null when
   * nobody asked. A subject that records no launch need not count. */
  unsigned long long* receipt_counter;

  /* Uninitialised dense memory that lives until the work of this call is done; fills `out`, whose
   * shape and strides then belong to the context. Non-zero: there is not enough, or the request
   * makes no sense, which is a failure of its own. */
  int32_t (*allocate)(mlacheck_context*, const char* name, DLDataType dtype, int32_t ndim,
                      const int64_t* shape, DLTensor* out);
  /* Hands scratch back early, in stream order. */
  void (*release)(mlacheck_context*, const void* data);

  /* For cost contracts. Optional: what a subject does not record is not counted. A launch is
   * recorded before it takes place. Non-zero: it is refused, as a device may refuse it. The subject
   * launches nothing more and returns MLACHECK_LAUNCH_FAILED. One that launches all the same is not
   * tested for failing launches. */
  int32_t (*record_launch)(mlacheck_context*, const mlacheck_launch*);
  void (*record_traffic)(mlacheck_context*, int32_t traffic, uint64_t bytes);
  void (*record_synchronization)(mlacheck_context*);

  /* The message that goes with a status other than MLACHECK_OK. Copied. */
  void (*set_error)(mlacheck_context*, const char* message);
};

/* What the numbers that a subject is handed, and hands back, mean. All zero: the conventions of
 * docs/contracts.md. */
typedef struct {
  int32_t lse_base;   /* 0: natural logarithm; 2: base 2 */
  int32_t lse_layout; /* 0: the two axes as docs/contracts.md has them for the op; 1: exchanged */
  int32_t plus_infinity; /* 0: a log-sum-exp of +inf means "empty"; 1: not understood, such cases
                            are not given to it */
  int32_t overlap;       /* 0: operands that overlap an output are refused; 1: the caller's duty */
  int32_t zero_sign; /* of an exact zero: 0: as docs/contracts.md has it, free for WITHIN_BOUND and
                            SELF_BITWISE; 1: free; 2: as docs/contracts.md has it */
  int32_t batch;     /* 0: a row's bits do not depend on the other rows; 1: they may */
} mlacheck_conventions;

/* How a quantizer finds the fp32 scale of a group from its largest magnitude m. */
typedef enum {
  MLACHECK_SCALE_OF_CONTRACT = 0, /* as docs/contracts.md has it for the op and the case */
  MLACHECK_SCALE_DIVISION = 1,    /* m / maximum, rounded to nearest */
  MLACHECK_SCALE_RECIPROCAL = 2,  /* m times the fp32 number next to 1 / maximum */
  MLACHECK_SCALE_WITHIN_ULPS = 3  /* within scale_error_ulps of m / maximum */
} mlacheck_scale_rule;

/* What the arithmetic promises; the oracle takes its bounds from it. All zero: fp32 accumulation
 * rounded to nearest, probabilities in fp32, exp within 2 ulp, no tensor core. */
typedef struct {
  int32_t accumulator_digits;  /* significand bits of the accumulator; 0: 24 */
  int32_t probability_digits;  /* of P before it meets V; 0: 24; -1: those of the element type */
  double exp_error_ulps;       /* of exp and log in fp32; 0: 2 */
  int32_t truncating_products; /* 1: a tensor core that truncates when it aligns addends */
  int32_t operand_digits;      /* what products keep of their operands, cut or rounded: 11 for TF32;
                                  0: all */
  int32_t product_digits;      /* of a product before it is added; 0: those of the accumulator;
                                  -1: those of the element type */
  int32_t scale_rule;          /* mlacheck_scale_rule */
  double exp_error_absolute;   /* of exp in fp32, on top of the ulps; 0: none */
  double log_error_absolute;   /* of the natural logarithm, likewise: a fast log near 1 */
  double division_error_ulps;  /* of division in fp32; 0: 0.5, rounded to nearest */
  double scale_error_ulps;     /* for MLACHECK_SCALE_WITHIN_ULPS, else 0 */
  int32_t nan_codes;           /* of NaN elements: 0: as docs/contracts.md has them; 1: any */
  int32_t reserved;
} mlacheck_numerics;

/* Initializers for what others have measured or documented (docs/plug-in.md, "Numerics"):
 * `-use_fast_math`; Triton's defaults on NVIDIA; FlashInfer's kernels, which compute in base 2. */
#define MLACHECK_NUMERICS_IEEE {0, 0, 0, 0, 0, 0, MLACHECK_SCALE_OF_CONTRACT, 0, 0, 0, 0, 0, 0}
#define MLACHECK_NUMERICS_CUDA_FAST_MATH \
  {0, 0, 3, 0, 0, 0, MLACHECK_SCALE_OF_CONTRACT, 5.9604644775390625e-8, 3.6e-7, 2, 0, 0, 0}
#define MLACHECK_NUMERICS_TRITON \
  {0, -1, 3, 1, 11, 0, MLACHECK_SCALE_WITHIN_ULPS, 5.9604644775390625e-8, 3.6e-7, 2, 2, 0, 0}
#define MLACHECK_NUMERICS_FLASHINFER                                                           \
  {0, -1, 2, 1, 0, 0, MLACHECK_SCALE_OF_CONTRACT, 5.9604644775390625e-8, 2.384185791015625e-7, \
   2, 0,  0, 0}

typedef enum {
  MLACHECK_BITWISE = 0,      /* same arithmetic as the baseline on other memory */
  MLACHECK_WITHIN_BOUND = 1, /* other arithmetic: both meet the oracle's bound */
  MLACHECK_SELF_BITWISE = 2  /* the same, but one call gives the same bits each time, wherever its
                                operands lie: the bitwise checks compare it with itself */
} mlacheck_agreement;

typedef struct {
  const char* variant;  /* its name in reports */
  const char* baseline; /* variant that it must agree with, its own or a bundled one; null: none */
  const char* contract; /* bundled variant whose permissions and costs it has (docs/contracts.md);
                           null: those of its own name, or of no variant in particular */
  int32_t agreement;    /* mlacheck_agreement */
  int32_t reserved;
  mlacheck_conventions conventions;
  mlacheck_numerics numerics;
  void* self; /* handed back to the functions below */
  mlacheck_status (*run)(void* self, const mlacheck_call*, mlacheck_context*);
  /* Null, or returns null when the subject can run on this machine, else the reason why not. */
  const char* (*unavailable)(void* self);
  /* Which part of the op's contract it claims: terms with blanks between them, such as
   * "layout=dense align=16 V=64,128 no_nan_lse" (docs/domains.md). Nothing outside is given
   * to it, and reports name the domain. Null: the whole contract. */
  const char* domain;
} mlacheck_subject;

/* An extent at which the code path changes (a tile, a vector, a block): cases are drawn around
 * multiples of it. */
typedef struct {
  const char* axis; /* the op's name for the size, as in docs/contracts.md */
  int64_t extent;
} mlacheck_tile;

typedef struct {
  const char* op;      /* "merge_states", ... */
  const char* backend; /* "cpu", "cuda" or "hip": where operands must lie */
  int32_t tile_count;
  int32_t subject_count;
  const mlacheck_tile* tiles;
  const mlacheck_subject* subjects;
} mlacheck_table;

typedef struct {
  uint32_t version; /* MLACHECK_SUBJECT_VERSION; first for ever */
  int32_t table_count;
  const mlacheck_table* tables;
} mlacheck_plugin;

/* The one symbol that a plug-in exports. The result must stay valid while the library is loaded. */
const mlacheck_plugin* mlacheck_subjects(void);

#ifdef __cplusplus
}
#endif

#endif
