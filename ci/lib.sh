# Shared by the scripts in this folder; sourced, never run. Leaves the caller in the repository root.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
  echo "error: $*" >&2
  exit 1
}

# The clang-tidy that ci/setup installs.
tidy_version=23.1.4
tidy_folder=${XDG_CACHE_HOME:-$HOME/.cache}/mlacheck/clang-tidy-$tidy_version
tidy=$tidy_folder/clang_tidy/data/bin/clang-tidy

# As for clang-tidy.
ruff_version=0.17.6
ruff_folder=${XDG_CACHE_HOME:-$HOME/.cache}/mlacheck/ruff-$ruff_version
ruff=$ruff_folder/bin/ruff

# What the tests of Python subjects have beside Debian's packages; tests/python/python.cmake knows the folder.
ml_dtypes_version=0.5.3
python_folder=$HOME/.cache/mlacheck/python

# Prints the path of nvcc, or fails when there is none. CMake looks in the same two places.
find_nvcc() {
  command -v nvcc || { [[ -x /usr/local/cuda/bin/nvcc ]] && echo /usr/local/cuda/bin/nvcc; }
}

# configure_and_build PRESET [BUILD ARGUMENT...]
configure_and_build() {
  local preset=$1
  shift
  cmake --preset "$preset" || fail "cannot configure preset $preset"
  cmake --build --preset "$preset" "$@" || fail "cannot build preset $preset"
}
