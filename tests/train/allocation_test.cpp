// A step of training allocates nothing once every plan is there: neither what asks `new` nor what asks the C library.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "base/aligned_floats.hpp"
#include "nn/ready.hpp"
#include "train/session.hpp"
#include "train/table.hpp"

static std::atomic<long> allocations{0};

// Sanitizers have allocators of their own, which `new` alone can be counted beside.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if !defined(__has_feature)
#define LIMN_COUNTS_MALLOC 1
#elif !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define LIMN_COUNTS_MALLOC 1
#endif
#endif

// NOLINTBEGIN: replacing the global operators and functions is the point
#ifdef LIMN_COUNTS_MALLOC
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t n, std::size_t size);
void* __libc_realloc(void* p, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void* malloc(std::size_t size) noexcept { return ++allocations, __libc_malloc(size); }
void* calloc(std::size_t n, std::size_t size) noexcept { return ++allocations, __libc_calloc(n, size); }
void* realloc(void* p, std::size_t size) noexcept { return ++allocations, __libc_realloc(p, size); }
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return ++allocations, __libc_memalign(alignment, size);
}
int posix_memalign(void** p, std::size_t alignment, std::size_t size) noexcept {
  return ++allocations, *p = __libc_memalign(alignment, size), *p ? 0 : 12;
}
}
#endif
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size ? size : 1)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size ? size : 1);
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  const auto unit = static_cast<std::size_t>(alignment);
  if (void* p = std::aligned_alloc(unit, (size + unit - 1) / unit * unit)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
// NOLINTEND

namespace limn {
namespace {

using testing::pictures, testing::settings_of, testing::table;

TEST(Allocations, AreCounted) {
  const long before = allocations;
  ::operator delete(::operator new(10));  // a call, which no compiler may leave out
  EXPECT_GT(allocations, before);
#ifdef LIMN_COUNTS_MALLOC
  const long between = allocations;
  EXPECT_EQ(AlignedFloats(10).size(), 10u);
  EXPECT_EQ(allocations, between + 1);
#endif
}

// Two epochs make what is kept: every epoch ends with a ragged batch, which has a plan of its own.
void expect_none(const Settings& settings, const std::shared_ptr<const Dataset>& data, int epochs) {
  for (const int threads : {1, 2}) {
    ThreadPool pool(threads);
    Session session(settings, data, 1, pool);
    while (session.cursor().epoch < 2) session.advance();
    const std::int64_t begin = session.cursor().step;
    const long before = allocations;
    while (session.cursor().epoch < 2 + epochs) session.advance();
    EXPECT_EQ(allocations - before, 0) << settings.arch << ", " << threads << " threads, "
                                       << session.cursor().step - begin << " steps";
  }
}

TEST(Allocations, AreNoneInStepsOfDenseNetworks) { expect_none(settings_of("adam"), table(Task::kClassify), 10); }

TEST(Allocations, AreNoneInStepsOfConvolutionsWithVariedPictures) {
  struct {
    const char* network;
    Shape sample;
  } const cases[] = {{"lenet5", {28, 28}}, {"resnet-20", {3, 32, 32}}};
  for (const auto& [network, sample] : cases)
    for (const char* augment : {"none", "shift 2 crop 1 rotate 20 scale 0.1 elastic 20 2 noise 0.1 cutout 3 flip"}) {
      Settings settings = settings_of("momentum", ready_network(network, sample, 2));
      settings.batch = 16, settings.augment = augment;
      expect_none(settings, pictures(sample, 60), 2);
    }
}

// Everything else that planes go through: groups, pooling of both kinds, upsampling, padding, dropout, accumulation.
TEST(Allocations, AreNoneInStepsOfEveryLayerOfPlanes) {
  for (const std::int64_t accumulate : {1, 2}) {
    Settings settings =
        settings_of("adam",
                    "conv 8 5x5 stride 2 relu | bn relu | conv 8 3x3 groups 8 relu | conv 8 3x3 groups 2 relu | pool 2 "
                    "average | inception 4 4 4 4 4 4 relu | upsample 2 | pad 1 reflect | pool 3 stride 2 | "
                    "conv-transpose 6 3 stride 2 relu | ln | spatial-dropout 0.1 | global-pool max | dropout 0.1 | "
                    "dense 2");
    settings.batch = 16, settings.accumulate = accumulate;
    expect_none(settings, pictures({3, 20, 20}, 60), 2);
  }
}

}  // namespace
}  // namespace limn
