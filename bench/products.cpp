#include <oneapi/dnnl/dnnl.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include "exec/executable.hpp"
#include "kernel/isa.hpp"
#include "kernel/kernels.hpp"
using namespace limn;
double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
template <class F>
double best(F f) {
  f();
  double b = 1e9;
  double T = now();
  long it = 1;
  while (now() - T < 0.25) {
    double t = now();
    for (long i = 0; i < it; i++) f();
    t = (now() - t) / it;
    if (t * it < 0.005) it *= 2;
    b = std::min(b, t);
  }
  return b;
}
int main(int c, char** v) {
  select_isa(c > 1 ? v[1] : "auto");
  enter_compute_thread();
  struct S {
    bool t;
    long m, n, k;
  };
  S ss[] = {{0, 64, 128, 784},    {0, 64, 512, 784},  {0, 64, 256, 512},     {0, 64, 512, 256},    {1, 784, 512, 64},
            {1, 98, 512, 64},     {1, 512, 256, 64},  {0, 128, 512, 784},    {0, 128, 512, 256},   {1, 784, 512, 128},
            {0, 256, 256, 256},   {0, 512, 512, 512}, {0, 1024, 1024, 1024}, {0, 2048, 1024, 256}, {0, 2048, 256, 1024},
            {1, 512, 1024, 2048}, {0, 32, 1024, 256}, {0, 128, 1000, 784},   {1, 784, 1000, 128},  {0, 100, 500, 784},
            {0, 33, 77, 129},     {0, 1, 512, 784},   {0, 4, 512, 784},      {0, 16, 512, 784}};
  long mx = 0;
  for (auto& s : ss) mx = std::max({mx, s.m * s.k, s.k * s.n, s.m * s.n});
  AlignedFloats a(mx), b(mx), y(mx);
  for (auto& x : a.span()) x = 0.3f;
  for (auto& x : b.span()) x = 0.2f;
  for (auto& s : ss) {
    double f = 2.0 * s.m * s.n * s.k;
    double o =
        best([&] { kernels().gemm(s.t, s.m, s.n, s.k, a.data(), s.t ? s.m : s.k, b.data(), s.n, y.data(), s.n); });
    double d = best([&] {
      dnnl_sgemm(s.t ? 'T' : 'N', 'N', s.m, s.n, s.k, 1, a.data(), s.t ? s.m : s.k, b.data(), s.n, 0, y.data(), s.n);
    });
    printf("%c %5ldx%5ldx%5ld own %6.1f dnnl %6.1f ratio %.2f\n", s.t ? 'T' : 'N', s.m, s.n, s.k, f / o / 1e9,
           f / d / 1e9, d / o);
  }
}
