// What stands under the options in each --help: examples and exit codes.
#pragma once

namespace mlacheck {

extern const char* const kProgramHelp;
extern const char* const kListHelp;
extern const char* const kSweepHelp;
extern const char* const kReplayHelp;
extern const char* const kCostHelp;
extern const char* const kMutantsHelp;
extern const char* const kLaunchHelp;

}  // namespace mlacheck
