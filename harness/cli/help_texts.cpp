#include "harness/cli/help_texts.hpp"

namespace mlacheck {

const char* const kProgramHelp = R"(Examples:
  mlacheck sweep                       every op, variant and backend, 60 seconds
  mlacheck sweep --op mla_decode --seconds 600 --json report.json
  mlacheck sweep --subject ./libmine.so
  mlacheck replay 'strided_bmm(T=2,latent=17)' --variant strided
  mlacheck list --op mla_decode        its variants and the fields of its cases
  mlacheck COMMAND --help              options and examples of a command

Exit codes:
  0   everything passed
  1   a failure, crash or hang, or a pass that shows nothing
  2   bad usage; one line on standard error says what was expected
  3   mlacheck itself failed, or its report could not be written
  77  nothing could run here
  130, 143  a sweep was interrupted by SIGINT or SIGTERM; its report says so)";

const char* const kListHelp = R"(Examples:
  mlacheck list
  mlacheck list --op merge_states --op mla_decode
  mlacheck list --op mla_decode --required

Exit codes: 0 listed, 2 bad usage, 3 mlacheck itself failed or its output
could not be written.)";

const char* const kSweepHelp = R"(Examples:
  mlacheck sweep --op mla_decode --variant empty --seconds 600
  mlacheck sweep --cases 2000 --seed 7 --json report.json
  mlacheck sweep --cases 0             required cases only
  mlacheck sweep --subject ./libmine.so --backend cpu.w32

Exit codes:
  0   everything passed
  1   a failure, crash or hang, or a pass that shows nothing
  2   bad usage
  3   mlacheck itself failed, or its report could not be written
  77  nothing could run here
  130, 143  interrupted by SIGINT or SIGTERM: the report says so)";

const char* const kReplayHelp = R"(Examples:
  mlacheck replay 'strided_bmm(T=2,latent=17)'
  mlacheck replay 'merge_states(T=3,V=48,dtype=bf16)' --variant vectorized
  mlacheck replay --subject ./libmine.so 'merge_states(T=3)'
  mlacheck replay --cases-file mine.cases --variant vectorized
  mlacheck list --op merge_states      the fields of its case lines

Exit codes:
  0   every variant passed
  1   a failure, crash or hang, or a pass that shows nothing
  2   bad usage, or a case line that is no case of the op
  3   mlacheck itself failed, or its report could not be written
  77  nothing could run here)";

const char* const kCostHelp = R"(Examples:
  mlacheck cost
  mlacheck cost --op chunked_context
  mlacheck cost 'strided_bmm(T=3,H=2,latent=8,V=4)' --variant strided

Backend cpu.w32 is used unless --backend says otherwise.

Exit codes:
  0   every count is what the contract says, or there is no contract
  1   one differs, or a call failed
  2   bad usage
  3   mlacheck itself failed, or its report could not be written
  77  nothing could run here)";

const char* const kMutantsHelp = R"(Examples:
  mlacheck mutants
  mlacheck mutants --only BC-035 --seconds 5
  mlacheck mutants --criterion all
  cmake --build --preset cpu --target mlacheck_mutants   builds the library

Exit codes:
  0   every mutant was caught, also by its main check, and no control was;
      with --criterion whatever the figures are
  1   one was not, or a control was
  2   bad usage
  3   mlacheck itself failed, or its report could not be written)";

const char* const kLaunchHelp = R"(Examples:
  mlacheck launch --backend cuda --op mla_decode --cases 60 --seed 1
  compute-sanitizer --tool initcheck mlacheck launch --backend cuda

Exit codes:
  0   every kernel was launched and ended
  1   a call failed, or no case was in the domain of a variant
  2   bad usage
  3   mlacheck itself failed, or its report could not be written
  77  nothing could run here)";

}  // namespace mlacheck
