// The library as others see it: a program includes this header and links limn::limn. What is named here is the stable
// surface (docs/stable-surface.md); headers that these include are installed with them, nothing else is.
#pragma once
#include "limn/autodiff/autodiff.hpp"    // grad, jvp, vjp, hvp, ggn
#include "limn/base/error.hpp"           // Error: what, and a hint
#include "limn/base/random.hpp"          // Random: numbers by seed and stream
#include "limn/base/shape.hpp"           // Shape
#include "limn/base/thread_pool.hpp"     // ThreadPool
#include "limn/data/dataset.hpp"         // prepare, Dataset
#include "limn/exec/executable.hpp"      // Executable: runs a plan in float32
#include "limn/exec/interpreter.hpp"     // interpret: runs a graph in float64
#include "limn/experiment/recipe.hpp"    // Recipe
#include "limn/experiment/run.hpp"       // open_run, find_run, Run
#include "limn/experiment/travel.hpp"    // travel, newest: a session at any step of a run
#include "limn/experiment/weights.hpp"   // export_weights: a run as a file of tensors
#include "limn/graph/fn.hpp"             // trace, Fn
#include "limn/graph/value.hpp"          // Value and its operations
#include "limn/interop/safetensors.hpp"  // read_safetensors, write_safetensors
#include "limn/kernel/isa.hpp"           // select_isa
#include "limn/nn/architecture.hpp"      // Network
#include "limn/nn/layer.hpp"             // layers
#include "limn/nn/loss.hpp"              // losses
#include "limn/nn/parameters.hpp"        // Parameters, initialise
#include "limn/plan/plan.hpp"            // compile, Plan
#include "limn/rule/rule.hpp"            // update rules
#include "limn/rule/schedule.hpp"        // schedules of the rate
#include "limn/train/session.hpp"        // Session
