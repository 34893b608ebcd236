#include "nn/layer.hpp"

namespace limn {

Value dense(Value x, Value w, Value b) { return matmul(x, w) + b; }

Value dropout(Value x, double rate, std::string_view stream) {
  if (rate == 0) return x;
  const Value keep = less(uniform(x.graph(), x.shape(), stream), constant(x.graph(), 1 - rate));
  return select(keep, x * (1 / (1 - rate)), constant(x.graph(), 0));
}

}  // namespace limn
