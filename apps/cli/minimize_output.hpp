// What `limn minimize` prints: the iterations, the point, why it ended there, and the zoo.
#pragma once
#include <limits>

#include "cli/command.hpp"
#include "cli/minimising.hpp"

namespace limn::cli {

// What is minimised: a problem of the zoo, or a formula dressed as one.
struct MinimizeTask {
  Problem problem;
  std::vector<std::string> variables;
  FunctionGraph function;
  bool of_the_zoo = false;
  double target() const {
    return problem.minima.empty() ? std::numeric_limits<double>::quiet_NaN() : problem.minima.front().value + 1e-8;
  }
};

// Every iteration as JSON; for people the first ten, then 1, 2, 5, 10 of each power of ten, and the last.
// `trace`: all of them, with what the line search tried. `title`: a line above, once there is something to show.
class IterationTable {
 public:
  IterationTable(const Common& common, bool trace, std::string title)
      : json_(common.json), quiet_(common.quiet), trace_(trace), title_(std::move(title)) {}
  void add(const MinimiserReport& report, std::span<const double> x);
  void end();  // the row of the last iteration, if it was not shown

 private:
  bool json_, quiet_, trace_, headed_ = false;
  std::string title_, pending_;
};

void print_result(const Common& common, const MinimizeTask& task, const std::string& method, const StopRule& until,
                  const Minimisation& result);
void print_problems(const Common& common);  // the zoo, a line a problem

}  // namespace limn::cli
