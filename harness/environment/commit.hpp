// The commit that a program was built from. The build writes the definition (cmake/Version.cmake): a
// program that asks links mlacheck_commit_of_build.
#pragma once

namespace mlacheck {

/// As git describes it, "-dirty" where files were changed; "unknown" outside a checkout.
const char* commit();

}  // namespace mlacheck
