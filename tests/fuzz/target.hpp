// What a fuzz target is: bytes in, and nothing but limn::Error out. A target is one file, NAME_fuzz.cpp with
// LIMN_FUZZ(NAME), and a folder of seeds, corpus/NAME. The preset `fuzz` makes it a libFuzzer program, every other one
// a test that gives it each file of its folder.
#pragma once
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace limn::fuzz {

// The bytes as a regular file that is nowhere on a disk, for readers that want a path.
class File {
 public:
  explicit File(std::string_view bytes) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    if (fd_ < 0 || ::write(fd_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("no file in memory");
  }
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

// A promise that a reader's result does not keep is a finding like a crash.
inline void require(bool holds, const char* promise) {
  if (!holds) throw std::logic_error(promise);
}

using Target = void (*)(std::string_view bytes);

// An Error must say what is wrong and how to put it right; everything else that is thrown stops the program.
inline void feed(Target target, std::string_view bytes) {
  try {
    target(bytes);
  } catch (const Error& error) {
    require(error.what()[0] != '\0' && !error.hint().empty(), "an error without words");
  }
}

void replay(const char* name, Target target);  // every file of corpus/NAME; tests/fuzz/replay.cpp

}  // namespace limn::fuzz

#ifdef LIMN_FUZZER
#define LIMN_FUZZ(name)                                                               \
  static void name(std::string_view bytes);                                           \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    limn::fuzz::feed(name, {reinterpret_cast<const char*>(data), size});              \
    return 0;                                                                         \
  }                                                                                   \
  static void name(std::string_view bytes)
#else
#include <gtest/gtest.h>
#define LIMN_FUZZ(name)                                   \
  static void name(std::string_view bytes);               \
  TEST(Corpus, name) { limn::fuzz::replay(#name, name); } \
  static void name(std::string_view bytes)
#endif
