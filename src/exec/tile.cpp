#include "exec/tile.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"

namespace limn {

namespace {

constexpr std::int64_t kLongRow = 64;  // floats: rows that lie apart are taken one by one from here on

bool has_pitches(const TileProgram& program) {
  return std::ranges::any_of(program.operands, [](const TileOperand& o) { return o.pitch != 0; }) ||
         std::ranges::any_of(program.stores, [](const TileStore& s) { return s.pitch != 0; });
}

}  // namespace

// Registers and, for the tile at hand, where each operand and each result is.
struct TileRunner::Registers {
  alignas(64) float memory[kRegisters][kTile];
  const float* at[2 * kRegisters];
  float constants[kRegisters];
};

TileRunner::TileRunner(const TileProgram& program, const std::function<float*(Place)>& address, bool whole_rows)
    : rows_(program.rows),
      columns_(program.columns),
      many_rows_(whole_rows && program.rows > 1 && program.columns * 2 <= kTile &&
                 (program.columns < kLongRow || !has_pitches(program))) {
  LIMN_CHECK(program.operands.size() + program.code.size() <= 2 * kRegisters && program.operands.size() <= kRegisters);
  for (const TileOperand& operand : program.operands) {
    const float* memory = operand.is_constant ? nullptr : address(operand.place);
    const bool full = operand.walk == Walk::kFull && operand.pitch == 0;
    const bool expand = many_rows_ && !full && operand.walk != Walk::kScalar;
    operands_.push_back({operand.walk, memory, operand.pitch ? operand.pitch : columns_,
                         static_cast<float>(operand.value), expand ? registers_++ : -1,
                         expand && operand.walk == Walk::kRow});
  }
  for (const TileSum& sum : program.sums) sums_.push_back(sum.of);
  if (program.rows == 1 && sums_.empty()) compiled_ = compiled_program(signature(program));
  if (compiled_) {
    for (const TileStore& store : program.stores) stores_.push_back(address(store.place));
    return;
  }
  assign_kernels(program);
  assign_targets(program, address);
  LIMN_CHECK(registers_ <= kRegisters, "{} registers", registers_);
}

bool TileRunner::is_one_number(const Operand& operand) const {
  return operand.walk == Walk::kScalar || (operand.walk == Walk::kColumn && !many_rows_);
}

void TileRunner::assign_kernels(const TileProgram& program) {
  const auto operands = static_cast<std::int32_t>(operands_.size());
  for (const TileInstruction& instruction : program.code) {
    const std::int32_t sources[3] = {instruction.a, instruction.b, instruction.c};
    int ones = 0, all = 0;
    for (int i = 0; i < 3; ++i) {
      if (sources[i] < 0) continue;
      all |= 1 << i;
      if (sources[i] < operands && operands_[sources[i]].expanded < 0 && is_one_number(operands_[sources[i]]))
        ones |= 1 << i;
    }
    if (ones == all) {  // nothing varies: the first operand is written out
      operands_[sources[0]].expanded = registers_++;
      ones &= ~1;
    }
    const PointwiseKernel kernel = pointwise_kernels(instruction.op).variant[ones];
    LIMN_CHECK(kernel, "{} has no variant {}", instruction.op, ones);
    code_.push_back({kernel, sources[0], sources[1], sources[2], -1, nullptr, columns_});
  }
}

// A result goes straight to memory unless an operand that is still to be read lies there; else through a register.
void TileRunner::assign_targets(const TileProgram& program, const std::function<float*(Place)>& address) {
  const auto operands = static_cast<std::int32_t>(operands_.size());
  std::vector<std::int32_t> last_use(program.operands.size() + program.code.size(), -1);
  for (std::size_t i = 0; i < program.code.size(); ++i)
    for (std::int32_t source : {program.code[i].a, program.code[i].b, program.code[i].c})
      if (source >= 0) last_use[source] = static_cast<std::int32_t>(i);
  for (const TileSum& sum : program.sums) last_use[sum.of] = static_cast<std::int32_t>(program.code.size());
  std::vector<std::int32_t> free;
  std::vector<std::int32_t> held(program.code.size(), -1);  // register of each result
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(code_.size()); ++i) {
    Instruction& instruction = code_[i];
    const std::int32_t store = program.code[i].store;
    bool direct = store >= 0;
    if (store >= 0) {
      instruction.store = address(program.stores[store].place);
      if (program.stores[store].pitch) instruction.pitch = program.stores[store].pitch, direct = !many_rows_;
      for (std::size_t k = 0; k < operands_.size(); ++k)
        if (operands_[k].memory == instruction.store && last_use[k] > i) direct = false;
    }
    if (!direct) {
      if (free.empty()) free.push_back(registers_++);
      instruction.target = held[i] = free.back();
      free.pop_back();
    }
    // A register is free once its value has been read for the last time; deferred stores keep theirs to the end.
    for (std::int32_t source : {instruction.a, instruction.b, instruction.c}) {
      const std::int32_t result = source - operands;
      if (result < 0 || held[result] < 0 || last_use[source] != i || code_[result].store) continue;
      free.push_back(held[result]);
      held[result] = -1;
    }
  }
}

std::string signature(const TileProgram& program) {
  std::string text;
  if (has_pitches(program)) return "";
  for (const TileOperand& operand : program.operands) {
    if (operand.walk == Walk::kRow || operand.walk == Walk::kColumn) return "";
    text += operand.walk == Walk::kFull ? 'f' : 's';
  }
  for (const TileInstruction& i : program.code) {
    text += fmt::format(" {}({}", i.op, i.a);
    for (const std::int32_t source : {i.b, i.c})
      if (source >= 0) text += fmt::format(",{}", source);
    text += ')';
    if (i.store >= 0) text += fmt::format(">{}", i.store);
  }
  return text;
}

void TileRunner::run_compiled(std::int64_t column0, std::int64_t column1) const {
  const float* in[kRegisters];
  float* out[kRegisters];
  for (std::size_t k = 0; k < operands_.size(); ++k)
    in[k] = operands_[k].memory ? operands_[k].memory + (operands_[k].walk == Walk::kFull ? column0 : 0)
                                : &operands_[k].value;
  for (std::size_t k = 0; k < stores_.size(); ++k) out[k] = stores_[k] + column0;
  compiled_(in, out, static_cast<std::size_t>(column1 - column0));
}

void TileRunner::run(std::int64_t row0, std::int64_t row1, std::int64_t column0, std::int64_t column1,
                     float* sums) const {
  if (compiled_) return run_compiled(column0, column1);
  Registers registers;
  for (std::size_t k = 0; k < operands_.size(); ++k)
    if (!operands_[k].memory) registers.constants[k] = operands_[k].value;
  if (many_rows_) {
    const std::int64_t step = std::max<std::int64_t>(1, kTile / columns_);
    for (const Operand& operand : operands_)
      if (operand.once) expand(registers, operand, operand.memory, std::min(step, row1 - row0), columns_);
    for (std::int64_t row = row0; row < row1; row += step)
      run_tile(registers, row, std::min(step, row1 - row), 0, columns_, sums);
    return;
  }
  for (std::int64_t row = row0; row < row1; ++row)
    for (std::int64_t column = column0; column < column1; column += kTile)
      run_tile(registers, row, 1, column, std::min(kTile, column1 - column), sums);
}

void TileRunner::expand(Registers& registers, const Operand& operand, const float* memory, std::int64_t rows,
                        std::int64_t columns) const {
  float* to = registers.memory[operand.expanded];
  if (operand.walk == Walk::kRow) {  // what is there doubles until it is long enough
    std::copy_n(memory, columns, to);
    for (std::int64_t done = columns, all = rows * columns; done < all; done *= 2)
      std::memcpy(to + done, to, static_cast<std::size_t>(std::min(done, all - done)) * sizeof(float));
    return;
  }
  for (std::int64_t r = 0; r < rows; ++r)
    if (operand.walk == Walk::kFull)
      std::copy_n(memory + r * operand.pitch, columns, to + r * columns);
    else
      std::fill_n(to + r * columns, columns, operand.walk == Walk::kColumn ? memory[r] : *memory);
}

void TileRunner::run_tile(Registers& registers, std::int64_t row, std::int64_t rows, std::int64_t column,
                          std::int64_t columns, float* sums) const {
  const std::int64_t n = rows * columns;
  for (std::size_t k = 0; k < operands_.size(); ++k) {
    const Operand& operand = operands_[k];
    const float* memory = operand.memory ? operand.memory : &registers.constants[k];
    switch (operand.walk) {
      case Walk::kFull: memory += row * operand.pitch + column; break;
      case Walk::kRow: memory += column; break;
      case Walk::kColumn: memory += row; break;
      case Walk::kScalar: break;
    }
    if (operand.expanded >= 0) {
      if (!operand.once) expand(registers, operand, memory, rows, columns);
      memory = registers.memory[operand.expanded];
    }
    registers.at[k] = memory;
  }
  for (std::size_t i = 0; i < code_.size(); ++i) {
    const Instruction& instruction = code_[i];
    float* to = instruction.target >= 0 ? registers.memory[instruction.target]
                                        : instruction.store + row * instruction.pitch + column;
    auto source = [&](std::int32_t s) { return s >= 0 ? registers.at[s] : nullptr; };
    instruction.kernel(source(instruction.a), source(instruction.b), source(instruction.c), to,
                       static_cast<std::size_t>(n));
    registers.at[operands_.size() + i] = to;
  }
  for (const Instruction& instruction : code_)
    if (instruction.target >= 0 && instruction.store)
      for (std::int64_t r = 0; r < rows; ++r)
        std::copy_n(registers.memory[instruction.target] + r * columns, columns,
                    instruction.store + (row + r) * instruction.pitch + column);
  for (std::size_t i = 0; i < sums_.size(); ++i)
    kernels().add_columns(registers.at[sums_[i]], static_cast<std::size_t>(rows), static_cast<std::size_t>(columns),
                          sums + static_cast<std::int64_t>(i) * columns_ + column);
}

}  // namespace limn
