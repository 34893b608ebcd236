// A plan: the flat list of steps that a function became. Steps name kernels, places in memory and chunk counts; exec/
// resolves and runs them. A plan is data: it can be printed, compared and drawn.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "graph/fn.hpp"

namespace limn {

// A place in memory: `offset` floats into buffer 0 (the arena) or into buffer 1 + i, bound to input i of the graph.
struct Place {
  std::int32_t buffer = -1;
  std::int64_t offset = 0;
  friend bool operator==(const Place&, const Place&) = default;
};
constexpr std::int32_t kArena = 0;

// How an operand of a tile program runs along the [rows, columns] of its step.
enum class Walk : std::uint8_t {
  kFull,    // one number an element
  kRow,     // one row, repeated for every row: x[column]
  kColumn,  // one column, repeated along every row: x[row]
  kScalar,  // one number
};

struct TileOperand {
  Walk walk = Walk::kFull;
  Place place;
  std::int64_t pitch = 0;  // kFull: floats from row to row, where they do not lie one behind another
  bool is_constant = false;
  double value = 0;
};

// A register program over tiles of a [rows, columns] space: operands first, then one value an instruction; `a b c` name
// either (operand i is i, instruction j is operands + j). Every instruction rounds to float32, so that fusing is
// neutral.
struct TileInstruction {
  std::string_view op;  // name of the pointwise kernel
  NodeId node;
  std::int32_t a = -1, b = -1, c = -1;
  std::int32_t store = -1;  // index into TileProgram::stores, or -1
};
struct TileStore {
  Place place;
  std::int64_t pitch = 0;  // as TileOperand's
};
struct TileSum {
  Place place;
  NodeId node;
  std::int32_t of = -1;  // named as by an instruction
};
struct TileProgram {
  std::int64_t rows = 1, columns = 1;
  std::vector<TileOperand> operands{};
  std::vector<TileInstruction> code{};
  std::vector<TileStore> stores{};  // full
  std::vector<TileSum> sums{};      // over all rows, [columns]: each chunk's rows in order, then the chunks
};

enum class StepKind : std::uint8_t {
  kContract,
  kTile,
  kSum,
  kMax,
  kMove,
  kCopy,
  kFill,
  kUniform,
  kOneHot,
  kGather,
  kScatterAdd,
  kConvolve,
  kWindow,
  kPlane,
  kStepNumber
};

struct Step {
  StepKind kind;
  NodeId node;                     // of the function's graph: what it computes (the last one of a tile program)
  std::vector<Place> in{}, out{};  // of every kind; those of tile programs stand in `tile`
  std::int64_t rows = 1, columns = 1, inner = 1;  // kContract: m n k. kSum: outer, kept columns, summed. kMax, kOneHot,
                                                  // kCopy: rows, columns. kFill, kUniform: columns.
                                                  // kGather, kScatterAdd: indices, numbers a row, rows of the table
  bool transpose_a = false;                       // kContract
  bool index_only = false;                        // kMax: stores where the largest is, not what it is
  std::int64_t ld_in = 0, ld_out = 0, before = 0, after = 0;  // kCopy: row lengths, zeros before and behind each row
  std::vector<std::int64_t> dims{}, strides{};                // kMove: of the output, and how the input runs along it
  std::uint64_t stream = 0;                                   // kUniform
  Op op{};                                                    // kConvolve, kWindow, kPlane: which of them
  Window window{};                                            // kConvolve, kWindow
  Shape x{}, w{}, y{};  // kConvolve: what is convolved, weights, result. kWindow, kPlane: x whole planes, y windows
  double value = 0;     // kFill
  TileProgram tile{};   // kTile; of kContract: the epilogue, run on each block of the output
  bool has_epilogue = false;
  std::int32_t stage = 0;       // steps of one stage are independent of each other
  double flops = 0, bytes = 0;  // counted
};

struct Plan {
  std::vector<Step> steps;  // ordered by stage
  std::int64_t arena_floats = 0;
  std::int32_t buffers = 1;    // 1 + inputs
  std::vector<Place> outputs;  // of each output of the function
  double flops() const;
  double bytes() const;
};

// Compiles a function: simplify, group, schedule, place. States are updated in place.
Plan compile(const Fn& fn);

std::string to_text(const Step& step);  // one line: kind, sizes, operations
std::string to_text(const Plan& plan);  // one line a step

}  // namespace limn
