// One derivative rule per operation, from which both modes follow; see rule.cpp. autodiff.hpp is what others call.
#pragma once
#include "graph/value.hpp"

namespace limn {

// The tangent of a node from the tangents of its inputs (an empty Value is zero); empty if it is zero.
Value tangent_of(Graph& graph, NodeId id, std::span<const Value> tangents);

// What input i of a node gets of the node's cotangent; empty if it is zero.
Value cotangent_of(Graph& graph, NodeId id, int i, Value cotangent);

}  // namespace limn
