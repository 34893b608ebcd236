// Views and accesses: which values are other names for memory that is there already.
#include "plan/unit.hpp"

namespace limn {

View compute_view(const Graph& graph, const std::vector<View>& views, NodeId id) {
  const Node& node = graph[id];
  if (node.op == Op::kReshape) return views[node.in[0]];
  if (node.op == Op::kSlice) {
    const Shape& from = graph[node.in[0]].shape;
    const int axis = static_cast<int>(node.attribute.axis);
    std::int64_t outer = 1, inner = 1;
    for (int i = 0; i < axis; ++i) outer *= from[i];
    for (int i = axis + 1; i < from.rank(); ++i) inner *= from[i];
    if (outer == 1) return {views[node.in[0]].root, views[node.in[0]].offset + node.attribute.low * inner};
  }
  return {id, 0};
}

Access access_of(const Graph& graph, const std::vector<View>& views, NodeId in, const Shape& shape) {
  Access access;
  if (is_splat(graph, in, access.value)) {
    access.is_constant = true;
    return access;
  }
  const Node& node = graph[in];
  if (node.op == Op::kBroadcast) {
    const Shape& from = graph[node.in[0]].shape;
    const std::int64_t columns = shape.rank() > 0 ? shape[-1] : 1, rows = columns == 0 ? 0 : shape.size() / columns;
    const std::int64_t last = from.rank() > 0 ? from[-1] : 1;
    const bool scalar = from.size() == 1, row = from.size() == columns && last == columns;
    const bool column = from.rank() == shape.rank() && from.size() == rows && last == 1;
    if (scalar || row || column) {
      access.walk = scalar ? Walk::kScalar : row ? Walk::kRow : Walk::kColumn;
      access.view = views[node.in[0]];
      return access;
    }
  }
  if (node.op == Op::kSlice && views[in].root == in && node.attribute.axis == shape.rank() - 1) {
    access.view = views[node.in[0]];
    access.view.offset += node.attribute.low;
    access.pitch = graph[node.in[0]].shape[-1];
    return access;
  }
  access.direct = info(node.op).pointwise;
  access.view = views[in];
  return access;
}

}  // namespace limn
