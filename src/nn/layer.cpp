#include "nn/layer.hpp"

namespace limn {

Value dense(Value x, Value w, Value b) { return matmul(x, w) + b; }

namespace {
Value dropped(Value x, double rate, std::string_view stream, const Shape& draws) {
  if (rate == 0) return x;
  const Value keep = less(uniform(x.graph(), draws, stream), constant(x.graph(), 1 - rate));
  return select(keep, x * (1 / (1 - rate)), constant(x.graph(), 0));
}
}  // namespace

Value dropout(Value x, double rate, std::string_view stream) { return dropped(x, rate, stream, x.shape()); }
Value spatial_dropout(Value x, double rate, std::string_view stream) {
  return dropped(x, rate, stream, {x.shape()[0], 1, 1, x.shape()[3]});
}

}  // namespace limn
