// What each kernel file adds to the table for the selected path. Private to kernel/.
#pragma once
#include "kernel/kernels.hpp"

namespace limn {

void fill_kernels();  // the whole table, for the path that Highway is pinned to
void fill_pointwise(Kernels& table);
void fill_program(Kernels& table);
void fill_gemm(Kernels& table);
void fill_gather(Kernels& table);
void fill_channel(Kernels& table);
void fill_reduction(Kernels& table);
void fill_movement(Kernels& table);
void fill_random(Kernels& table);

}  // namespace limn
