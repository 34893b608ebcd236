// Stages: a unit stands one stage behind the last unit it needs. Units of one stage are independent of each other.
#include <algorithm>

#include "plan/unit.hpp"

namespace limn {
namespace {

// Units that write the memory of a root; a concat is written by the units of its parts, or by its own copying unit.
void note_producers(const Graph& graph, Units& units) {
  units.producers.assign(graph.size(), {});
  for (int u = 0; u < static_cast<int>(units.list.size()); ++u)
    for (NodeId id : units.list[u].writes) units.producers[id].push_back(u);
}

// Depth-first numbering by dependencies; returns false if there is a cycle.
bool set_stages(std::vector<Unit>& list) {
  std::vector<int> waiting(list.size(), 0);
  std::vector<std::vector<int>> users(list.size());
  for (std::size_t u = 0; u < list.size(); ++u) {
    list[u].stage = 0;
    waiting[u] = static_cast<int>(list[u].after.size());
    for (int before : list[u].after) users[before].push_back(static_cast<int>(u));
  }
  std::vector<int> ready;
  for (std::size_t u = 0; u < list.size(); ++u)
    if (waiting[u] == 0) ready.push_back(static_cast<int>(u));
  for (std::size_t i = 0; i < ready.size(); ++i)
    for (int user : users[ready[i]]) {
      list[user].stage = std::max(list[user].stage, list[ready[i]].stage + 1);
      if (--waiting[user] == 0) ready.push_back(user);
    }
  return ready.size() == list.size();
}

void sort_after(Unit& unit, int self) {
  std::ranges::sort(unit.after);
  unit.after.erase(std::unique(unit.after.begin(), unit.after.end()), unit.after.end());
  std::erase(unit.after, self);
}

// In place wants: a tile program that reads the old value only element by element, where it writes the new one.
bool aligned(const Graph& graph, const Units& units, const Unit& unit, const StatePair& state) {
  if (unit.kind != StepKind::kTile) return false;
  for (NodeId id : unit.nodes)
    for (NodeId in : graph[id].in) {
      const Access access = access_of(graph, units.view, in, graph[id].shape);
      if (!access.is_constant && access.view.root == state.in &&
          (access.walk != Walk::kFull || access.view.offset != 0 || access.pitch != 0))
        return false;
    }
  return graph[unit.nodes.back()].shape.size() == graph[state.in].shape.size();
}

}  // namespace

std::vector<bool> schedule(const Fn& fn, Units& units) {
  const Graph& graph = fn.graph;
  note_producers(graph, units);
  for (std::size_t u = 0; u < units.list.size(); ++u) {
    Unit& unit = units.list[u];
    for (NodeId root : unit.reads)
      for (int producer : units.producers[root]) unit.after.push_back(producer);
    sort_after(unit, static_cast<int>(u));
  }
  std::vector<std::vector<int>> readers(graph.size());
  for (std::size_t u = 0; u < units.list.size(); ++u)
    for (NodeId root : units.list[u].reads) readers[root].push_back(static_cast<int>(u));

  std::vector<bool> in_place;
  for (const StatePair& state : fn.states) {
    const bool own = units.view[state.out].root == state.out && units.producers[state.out].size() == 1 &&
                     std::ranges::count_if(fn.states, [&](const StatePair& s) { return s.out == state.out; }) == 1;
    const int writer = own ? units.producers[state.out][0] : -1;
    bool possible = own && aligned(graph, units, units.list[writer], state);
    if (possible) {
      const std::vector<int> before = units.list[writer].after;
      for (int reader : readers[state.in]) units.list[writer].after.push_back(reader);
      sort_after(units.list[writer], writer);
      if (!set_stages(units.list)) units.list[writer].after = before, possible = false;
    }
    in_place.push_back(possible);
  }
  LIMN_CHECK(set_stages(units.list), "the units of a plan depend on each other in a circle");
  return in_place;
}

}  // namespace limn
