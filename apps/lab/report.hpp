// The report of a run and its family: one HTML file that says everything by itself, to be kept and handed on.
// It must not know who asks for it: the same run at the same head gives the same bytes by command and over HTTP.
#pragma once
#include <functional>
#include <string>

#include "experiment/run.hpp"
#include "train/training.hpp"

namespace limn::lab {

inline constexpr std::string_view kReportTemplate = "/report.html";  // among the pages; no page by itself

// The journal of a run that is open, or null: then its file is read.
using History = std::function<const JournalContent*(const Run&)>;

// `there` stands at the head of `run`, of a function by the step that led there; its settings may be changed to those
// in force there. The family are the runs beside `run` in its folder's folder that descend from the same first one;
// damaged ones are left out. Error (kFailure): the pages were not built into this program.
std::string report(const Run& run, const JournalContent& journal, Training& there,
                   const std::shared_ptr<const Dataset>& data, ThreadPool& pool, const History& history);

}  // namespace limn::lab
