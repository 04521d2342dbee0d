#include "harness/cli/report_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <iostream>
#include <system_error>

#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

[[noreturn]] void fail() { throw std::system_error(errno, std::generic_category()); }

// A descriptor that is closed once.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {
    if (number_ < 0) fail();
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  // Some file systems report only here that there is no space.
  void close() {
    const int number = number_;
    number_ = -1;
    if (::close(number) != 0) fail();
  }

 private:
  int number_;
};

void write_all(int descriptor, const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(descriptor, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail();
    written += static_cast<std::size_t>(count);
  }
}

// Where the links lead, also when nothing is there yet.
std::string behind_links(const std::string& path) {
  std::filesystem::path target = path;
  constexpr int kMost = 40;
  for (int links = 0; std::filesystem::is_symlink(std::filesystem::symlink_status(target));
       ++links) {
    if (links == kMost) throw std::system_error(ELOOP, std::generic_category());
    // A relative link begins where it lies; an absolute one replaces all.
    target = target.parent_path() / std::filesystem::read_symlink(target);
  }
  return target.string();
}

// A temporary file beside the target; it is gone unless it has taken the target's place.
class Temporary {
 public:
  explicit Temporary(const std::string& target)
      : path_((std::filesystem::path(target).parent_path() / ".mlacheck-XXXXXX").string()),
        file_(::mkstemp(path_.data())) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!moved_) ::unlink(path_.c_str());
  }
  Descriptor& file() { return file_; }
  void move_to(const std::string& target) {
    if (std::rename(path_.c_str(), target.c_str()) != 0) fail();
    moved_ = true;
  }

 private:
  std::string path_;
  Descriptor file_;
  bool moved_ = false;
};

// The permissions that the file would have had without a temporary one.
mode_t permissions_for(const std::string& target) {
  struct stat old{};
  if (::stat(target.c_str(), &old) == 0) return old.st_mode & 07777U;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666U & ~mask;
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

ReportFile::ReportFile(const std::string& option, const std::string& path)
    : option_(option), path_(path), target_(path) {
  if (!wanted()) return;
  try {
    struct stat found{};
    const bool exists = ::stat(path.c_str(), &found) == 0;
    if (!exists && errno != ENOENT) fail();
    if (exists) {
      if (S_ISDIR(found.st_mode)) throw std::system_error(EISDIR, std::generic_category());
      for (const int number : {STDOUT_FILENO, STDERR_FILENO}) {
        struct stat ours{};
        if (descriptor_ >= 0 || ::fstat(number, &ours) != 0 || !same_file(ours, found)) continue;
        // /dev/null is that for every process.
        if (S_ISCHR(found.st_mode) && ::isatty(number) == 0) continue;
        way_ = Way::descriptor;
        descriptor_ = number;
      }
      if (way_ == Way::descriptor) return;
      if (::access(path.c_str(), W_OK) != 0) fail();
      if (!S_ISREG(found.st_mode)) {
        way_ = Way::directly;
        return;
      }
    }
    target_ = behind_links(path);
    try {
      const Temporary attempt(target_);
    } catch (const std::system_error&) {
      if (!exists) throw;
      way_ = Way::directly;  // a file that may be written in a folder that may not
    }
  } catch (const std::system_error& error) {
    refused_ = error.code().message();
  }
}

bool ReportFile::open() const {
  if (refused_.empty()) return true;
  std::cerr << "mlacheck: " << option_ << " '" << excerpt(path_, 200)
            << "': expected a file that can be written: " << refused_ << '\n';
  return false;
}

void ReportFile::replace_with(const std::string& text) const {
  Temporary temporary(target_);
  write_all(temporary.file().number(), text);
  if (::fchmod(temporary.file().number(), permissions_for(target_)) != 0) fail();
  temporary.file().close();
  temporary.move_to(target_);
}

bool ReportFile::write(const std::string& text) {
  if (!wanted()) return true;
  try {
    switch (way_) {
      case Way::replaced:
        replace_with(text);
        break;
      case Way::directly: {
        Descriptor file(::open(path_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
        write_all(file.number(), text);
        file.close();
        break;
      }
      case Way::descriptor:
        std::cout.flush();
        std::fflush(stdout);
        write_all(descriptor_, text);
        break;
    }
    return true;
  } catch (const std::system_error& error) {
    std::cerr << "mlacheck: " << option_ << " '" << excerpt(path_, 200)
              << "': the report could not be written: " << error.code().message() << '\n';
    return false;
  }
}

}  // namespace mlacheck
