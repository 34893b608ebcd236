#include <fmt/ranges.h>

#include "plan/plan.hpp"

namespace limn {
namespace {

std::string_view kind_name(StepKind kind) {
  switch (kind) {
    case StepKind::kContract: return "contract";
    case StepKind::kTile: return "tile";
    case StepKind::kSum: return "sum";
    case StepKind::kMax: return "max";
    case StepKind::kMove: return "move";
    case StepKind::kCopy: return "copy";
    case StepKind::kFill: return "fill";
    case StepKind::kUniform: return "uniform";
    case StepKind::kOneHot: return "one_hot";
    case StepKind::kGather: return "gather";
    case StepKind::kScatterAdd: return "scatter_add";
    case StepKind::kConvolve:
    case StepKind::kWindow:
    case StepKind::kPlane: return "";
    case StepKind::kStepNumber: return "step";
  }
  return "";
}

std::string to_text(const TileProgram& tile) {
  std::vector<std::string_view> ops;
  for (const TileInstruction& instruction : tile.code) ops.push_back(instruction.op);
  for (std::size_t i = 0; i < tile.sums.size(); ++i) ops.emplace_back("sum");
  return fmt::format("[{}, {}] {}", tile.rows, tile.columns, fmt::join(ops, " "));
}

}  // namespace

std::string to_text(const Step& step) {
  const std::string_view kind = kind_name(step.kind);
  std::string text = fmt::format("{} %{}", kind.empty() ? name(step.op) : kind, step.node);
  switch (step.kind) {
    case StepKind::kContract:
      text += fmt::format(" [{} x {}] over {}{}", step.rows, step.columns, step.inner, step.transpose_a ? ", aT" : "");
      break;
    case StepKind::kSum: text += fmt::format(" [{}, {} summed, {}]", step.rows, step.inner, step.columns); break;
    case StepKind::kMove: text += fmt::format(" to {}", step.dims); break;
    case StepKind::kTile: return text + " " + to_text(step.tile);
    case StepKind::kConvolve:
      text += fmt::format(" {} with {} to {}", to_string(step.x), to_string(step.w), to_string(step.y));
      break;
    case StepKind::kWindow:
    case StepKind::kPlane: text += fmt::format(" {} and {}", to_string(step.x), to_string(step.y)); break;
    default: text += fmt::format(" [{}, {}]", step.rows, step.columns); break;
  }
  if (step.has_epilogue) text += ", then " + to_text(step.tile);
  return text;
}

std::string to_text(const Plan& plan) {
  std::string text = fmt::format("{} steps, arena of {} floats, {:.0f} flops, {:.0f} bytes\n", plan.steps.size(),
                                 plan.arena_floats, plan.flops(), plan.bytes());
  for (const Step& step : plan.steps) text += fmt::format("stage {:3}  {}\n", step.stage, to_text(step));
  return text;
}

}  // namespace limn
