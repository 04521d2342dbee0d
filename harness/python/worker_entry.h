/* What libmlacheck_worker.so exports to python/mlacheck: a worker that is a Python process hands its
 * subjects over, and the harness takes it from there. Plain C, so that ctypes can call it. */
#ifndef MLACHECK_WORKER_ENTRY_H_
#define MLACHECK_WORKER_ENTRY_H_

#include <stdint.h>

#include "harness/abi/subject.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Imports what `path` stands for. Null, and why, if that does not work. */
typedef const mlacheck_plugin* (*mlacheck_importer)(const char* path, const char** why);

typedef struct {
  int32_t socket;      /* descriptor: questions and answers */
  int32_t post_mortem; /* descriptor: last words */
  int32_t describe;    /* 1: say what the only path offers; 0: run cases */
  int32_t path_count;
  const char* const* paths; /* of --subject */
  mlacheck_importer import_path;
  int32_t piece_count;
  int32_t reserved;
  const char* const* pieces; /* OP=SUBJECT, of --piece */
} mlacheck_worker_arguments;

/* Serves until the parent closes the socket. Returns an exit code. */
int32_t mlacheck_worker_main(const mlacheck_worker_arguments* arguments);

/* Around a call in which a subject may compile what it runs: 1 begins, 0 has ended. */
void mlacheck_first_call(int32_t begins);

/* "operand lse_out written optional has_lse_out=0", a line for each name that calls of an op may hold: its
 * kind (operand, integer or real), whether the subject reads, writes or updates it, whether every call has
 * it, and the term of a domain in which none has it, or "-". Null
 * for an unknown op. `contract`: the variant whose permissions count, or null. The text lives until the next
 * call. */
const char* mlacheck_names_of(const char* op, const char* contract);

/* The names of the ops, with blanks between them. */
const char* mlacheck_ops(void);

/* Where in the post-mortem page the interpreter writes what it knows of a fatal signal, in bytes. */
int64_t mlacheck_traceback_place(void);

/* What each byte of new memory holds from now on. */
void mlacheck_poison(int32_t byte);

/* A PyDataMem_Handler of NumPy that fills new memory so. */
void* mlacheck_numpy_memory(void);

/* A DLManagedTensor over the same memory, which its deleter frees and the memory outlives. Strides must be
 * there. */
void* mlacheck_managed(const DLTensor* tensor);

/* Sizes of structures and offsets of their members: "mlacheck_operand 56\nmlacheck_operand.name 0\n...",
 * with which python/mlacheck/_abi.py is compared. */
const char* mlacheck_layout(void);

#ifdef __cplusplus
}
#endif

#endif
