// What this machine can do at most, measured: the roof that benchmarks are held against.
#pragma once
#include <cstddef>

#include "base/thread_pool.hpp"

namespace limn {

double measure_flops(ThreadPool& pool);                         // fused multiply-adds of float32, two each, a second
double measure_bandwidth(ThreadPool& pool, std::size_t bytes);  // bytes a second, reading `bytes` again and again

}  // namespace limn
