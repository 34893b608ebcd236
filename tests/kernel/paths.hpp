// What tests of kernels share: every instruction path of this CPU, and memory that ends at a page that must not be
// touched, so that a read or write beyond is a crash.
#pragma once
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <functional>

#include "base/random.hpp"
#include "kernel/isa.hpp"

namespace limn::testing {

// n floats whose end is the end of what may be touched.
class Guarded {
 public:
  explicit Guarded(std::size_t n) : n_(n), page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    bytes_ = (n * sizeof(float) + page_ - 1) / page_ * page_ + page_;
    base_ = static_cast<char*>(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base_ + bytes_ - page_, page_, PROT_NONE);
  }
  ~Guarded() { munmap(base_, bytes_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  float* data() { return reinterpret_cast<float*>(base_ + bytes_ - page_) - n_; }
  float& operator[](std::size_t i) { return data()[i]; }
  void fill(Random& random, double low, double high) {
    for (std::size_t i = 0; i < n_; ++i) data()[i] = static_cast<float>(low + (high - low) * random.uniform());
  }

 private:
  std::size_t n_, page_, bytes_;
  char* base_;
};

inline void on_every_path(const std::function<void()>& body) {
  for (const std::string& isa : available_isas()) {
    SCOPED_TRACE(isa);
    select_isa(isa);
    body();
  }
  select_isa("auto");
}

}  // namespace limn::testing
