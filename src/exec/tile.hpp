// Runs a tile program: the chain of pointwise kernels over tiles small enough to stay in the L1 cache.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernel/kernels.hpp"
#include "plan/plan.hpp"

namespace limn {

class TileRunner {
 public:
  // `address` gives the memory of a place. With whole_rows the blocks to run always span all columns.
  TileRunner(const TileProgram& program, const std::function<float*(Place)>& address, bool whole_rows);

  // Rows row0 .. row1 - 1 and columns column0 .. column1 - 1 of the program's space. Its sums are added to
  // sums[sum, column]; null if it has none.
  void run(std::int64_t row0, std::int64_t row1, std::int64_t column0, std::int64_t column1,
           float* sums = nullptr) const;

  bool is_compiled() const { return compiled_ != nullptr; }  // one loop, instead of an operation at a time
  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }

 private:
  static constexpr std::int64_t kTile = 512;  // floats in a register
  static constexpr int kRegisters = 64;

  struct Operand {
    Walk walk;
    const float* memory;  // null: a constant
    std::int64_t pitch;   // floats from row to row, of kFull
    float value;
    std::int32_t expanded;  // register it is gathered into, or -1
    bool once;              // for all tiles of a run: a row, or a number
  };
  struct Instruction {
    PointwiseKernel kernel;
    std::int32_t a, b, c;  // operand, or operands + instruction
    std::int32_t target;   // register, or -1: straight to `store`
    float* store;          // or null
    std::int64_t pitch;    // of store
  };
  struct Registers;

  bool is_one_number(const Operand& operand) const;
  void assign_kernels(const TileProgram& program);
  void assign_targets(const TileProgram& program, const std::function<float*(Place)>& address);
  void run_compiled(std::int64_t column0, std::int64_t column1) const;
  void expand(Registers& registers, const Operand& operand, const float* memory, std::int64_t rows,
              std::int64_t columns) const;
  void run_tile(Registers& registers, std::int64_t row, std::int64_t rows, std::int64_t column, std::int64_t columns,
                float* sums) const;

  std::int64_t rows_, columns_;
  bool many_rows_;  // a tile spans several whole rows
  std::vector<Operand> operands_;
  std::vector<Instruction> code_;
  std::int32_t registers_ = 0;
  ProgramKernel compiled_ = nullptr;
  std::vector<float*> stores_;  // of a compiled program
  std::vector<std::int32_t> sums_;
};

// As kernel/ knows chains of operations (kernels.hpp); empty if the program has rows or columns that repeat.
std::string signature(const TileProgram& program);

}  // namespace limn
