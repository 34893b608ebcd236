#include "kernel/isa.hpp"

#include <fmt/ranges.h>
#include <hwy/highway.h>
#include <oneapi/dnnl/dnnl.h>

#include "base/error.hpp"
#include "kernel/table.hpp"

// GNU OpenMP's, which oneDNN runs on. Declared here, since clang's own <omp.h> belongs to another runtime.
extern "C" void omp_set_num_threads(int threads);

namespace limn {
namespace {

struct Path {
  const char* name;
  std::int64_t highway;
  dnnl_cpu_isa_t onednn;
};
constexpr Path kPaths[] = {
    {"scalar", HWY_SCALAR, dnnl_cpu_isa_sse41},  // the scalar path never calls oneDNN
    {"sse4", HWY_SSE4, dnnl_cpu_isa_sse41},
    {"avx2", HWY_AVX2, dnnl_cpu_isa_avx2},
    {"avx512", HWY_AVX3, dnnl_cpu_isa_avx512_core},
};
const Path* selected = nullptr;

bool has(const Path& path) { return path.highway == HWY_SCALAR || (hwy::SupportedTargets() & path.highway) != 0; }

void pin(const Path& path) {
  hwy::GetChosenTarget().Update(path.highway);
  dnnl_set_max_cpu_isa(path.onednn);  // refused once a primitive exists; then the path is the same or a test's
  selected = &path;
  fill_kernels();
}

}  // namespace

std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  for (const Path& path : kPaths)
    if (has(path)) names.emplace_back(path.name);
  return names;
}

void select_isa(const std::string& name) {
  const auto names = available_isas();
  for (const Path& path : kPaths)
    if (has(path) && (path.name == name || (name == "auto" && path.name == names.back()))) return pin(path);
  throw Error(fmt::format("instruction path \"{}\" is not to be had here", name),
              fmt::format("this CPU has {}; auto takes the last", fmt::join(names, ", ")));
}

std::string selected_isa() {
  if (!selected) select_isa("auto");
  return selected->name;
}

void enter_compute_thread() { omp_set_num_threads(1); }

std::string onednn_version() {
  const dnnl_version_t* v = dnnl_version();
  return fmt::format("{}.{}.{}", v->major, v->minor, v->patch);
}

}  // namespace limn
