#include "kernel/isa.hpp"

#include <fmt/ranges.h>
#include <hwy/highway.h>

#include "base/error.hpp"
#include "kernel/table.hpp"

namespace limn {
namespace {

struct Path {
  const char* name;
  std::int64_t highway;
};
constexpr Path kPaths[] = {{"scalar", HWY_SCALAR}, {"sse4", HWY_SSE4}, {"avx2", HWY_AVX2}, {"avx512", HWY_AVX3}};
const Path* selected = nullptr;

bool has(const Path& path) { return path.highway == HWY_SCALAR || (hwy::SupportedTargets() & path.highway) != 0; }

void pin(const Path& path) {
  hwy::GetChosenTarget().Update(path.highway);
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

}  // namespace limn
