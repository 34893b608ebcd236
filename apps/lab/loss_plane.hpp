// The loss over a plane through three points that runs of one network went through, and their trails as shadows on it.
// It is surveyed bit by bit, one step of a run or one point of the grid at a time, so that nobody is held up. It must
// not know how a run gets to a step. docs/protocol.md has the shapes.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lab/function.hpp"
#include "train/loss_plane.hpp"

namespace limn::lab {

struct Stand {  // a step of a run
  std::string run;
  std::int64_t step = 0;
};

class Survey {
 public:
  // What the query asks for of a run at a step. Error: it does not say a run and a step, or too large a grid.
  Survey(const Stand& here, const Query& query);

  // All runs that are asked, each where its trail or the plane ends, to be admitted one by one before anything else: a
  // trail takes all its steps, but of runs that learn slowly those alone that are kept. Error: it is no network, of
  // another function than the first one, or has no such step.
  std::vector<Stand> ends() const;
  void admit(const Stand& end, LiveRun& live);

  // Where to go next, and what is found there. None: the answer is there. False: it wants another turn there. Error:
  // the three points have no plane; as PlaneLoss.
  std::optional<Stand> next() const;
  bool arrived(Session& there, ThreadPool& pool);
  nlohmann::json answer() const;

 private:
  struct Trail {
    std::string run;
    std::vector<std::int64_t> steps;
    std::vector<double> x = {}, y = {}, distance = {}, value = {};  // of as many steps as were visited
  };
  struct Point {
    Stand at;
    std::vector<float> theta = {};
    double value = 0;
  };
  void point(Session& there, ThreadPool& pool);
  void make_plane();
  void make_frame();
  void evaluate_next();
  nlohmann::json trail_json(const Trail& trail) const;

  bool is_of_steps_;           // by the gradient and the last step, instead of two ends
  std::vector<Point> points_;  // the origin first; of two, the third is where the gradient leads
  std::vector<Trail> trails_;
  std::int64_t width_, height_;
  std::shared_ptr<const Dataset> data_;
  std::optional<Settings> settings_;
  std::size_t points_done_ = 0, trails_done_ = 0;
  std::unique_ptr<PlaneLoss> loss_;
  std::optional<Plane> plane_;
  double x_ = 0, y_ = 0, cell_ = 0;  // of the grid: its lowest corner, and how far two of its points are apart
  std::vector<double> values_;       // row by row, the lowest first
  std::vector<float> theta_;
};

}  // namespace limn::lab
