// A function as JSON, for programs that draw or check it. It must not know plans.
#pragma once
#include <string>

#include "graph/fn.hpp"

namespace limn {

// One object: "nodes", each with id, op, dtype (real or index), shape, scope, inputs (ids), origin (id or null) and
// place (file and line of the source; the file from src/ on), and what its operation says beside that: name of an
// input, value of a constant (null when it is not finite), axis low high, transpose_a transpose_b, order, stream (hex);
// "outputs", each with name and node; "states", each with name, in and out.
std::string to_json(const Fn& fn);

}  // namespace limn
