// A plan for programs that draw or check it: as JSON, and as the function's graph with a frame around each step.
#pragma once
#include <span>
#include <string>

#include "plan/plan.hpp"

namespace limn {

// The nodes of the function that a step computes, in order: a fused step has several, and a contraction stands before
// its epilogue. None for a step that only prepares an operand of a contraction.
std::vector<NodeId> nodes_of(const Plan& plan, const Fn& fn, const Step& step);

// One object: "steps" in order, each with id, kind, node (of the function: what it is named after), nodes
// (nodes_of), stage, chunks (null without `chunks`), flops, bytes, in and out (places: buffer
// and offset in floats) and text; "buffers", each with name and floats: the arena, then the inputs; flops and bytes of
// a run. chunks: of every step, or empty.
std::string to_json(const Plan& plan, const Fn& fn, std::span<const int> chunks);

std::string to_dot(const Plan& plan, const Fn& fn);  // for Graphviz

}  // namespace limn
