// Rules that look at signs alone.
#include "rule/family.hpp"

namespace limn::rule {

// Chen et al. 2023, algorithm 2: the sign of a mean that leans on the new gradient; beta1 is momentum.
Update lion(Value theta, Value g, Moments moments, const Hyper& h) {
  const Value old_part = h.momentum * moments[0], new_part = (1.0 - h.momentum) * g;
  const Value kept = h.beta2 * moments[0], m = kept + (1.0 - h.beta2) * g;
  return {theta - h.lr * sign(old_part + new_part), {m}};
}

Lines lion_lines(Value g, Moments before, Moments, const Hyper& h) {
  return {{"c", "β₁·m + (1 − β₁)·g, by the old m", h.momentum * before[0] + (1.0 - h.momentum) * g}};
}

// Riedmiller and Braun 1993 as iRprop- (Igel and Huesken 2000), which is PyTorch's: a step size a parameter grows by
// 1.2 while the gradient keeps its sign and halves when it flips, and after a flip the parameter rests for a step.
// lr is the first step size; it wants the gradient of all rows. A size of 0 stands for one that has not begun.
Update rprop(Value theta, Value g, Moments moments, const Hyper& h) {
  Graph& graph = g.graph();
  const Value zero = constant(graph, 0), before = select(less(zero, moments[1]), moments[1], h.lr);
  const Value agreement = moments[0] * g, flipped = less(agreement, zero), kept = less(zero, agreement);
  const Value factor = select(kept, constant(graph, 1.2), select(flipped, constant(graph, 0.5), constant(graph, 1)));
  const Value size = min(max(before * factor, constant(graph, 1e-6)), constant(graph, 50));
  const Value seen = select(flipped, zero, g);
  return {theta - size * sign(seen), {seen, size}};
}

}  // namespace limn::rule
