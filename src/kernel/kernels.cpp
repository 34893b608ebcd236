#include "kernel/kernels.hpp"

#include "base/error.hpp"
#include "kernel/isa.hpp"
#include "kernel/table.hpp"

namespace limn {

namespace {
Kernels table{};
}

void fill_kernels() {
  fill_pointwise(table);
  fill_program(table);
  fill_gemm(table);
  fill_gather(table);
  fill_channel(table);
  fill_reduction(table);
  fill_movement(table);
  fill_random(table);
}

const Kernels& kernels() {
  if (!table.pointwise) [[unlikely]]
    select_isa("auto");
  return table;
}

const PointwiseSet& pointwise_kernels(std::string_view name) {
  kernels();
  for (std::size_t i = 0; i < table.pointwise_count; ++i)
    if (table.pointwise[i].name == name) return table.pointwise[i];
  LIMN_CHECK(false, "no kernel is named {}", name);
  return table.pointwise[0];
}

ProgramKernel compiled_program(std::string_view signature) {
  kernels();
  for (std::size_t i = 0; i < table.program_count; ++i)
    if (table.programs[i].signature == signature) return table.programs[i].run;
  return nullptr;
}

}  // namespace limn
