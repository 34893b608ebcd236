// One line on a terminal that tells how far a training is: a bar of blocks, rate, time left, loss.
// It must not know what trains. NO_COLOR is honoured; where there is no terminal nothing is drawn.
#pragma once
#include <cstdint>
#include <string>

namespace limn::cli {

class ProgressLine {
 public:
  ProgressLine();   // on standard output
  ~ProgressLine();  // takes the line away
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  bool drawn() const { return terminal_; }
  // fraction 0..1; text follows the bar and is cut to the terminal's width.
  void draw(double fraction, const std::string& text);
  void clear();

 private:
  bool terminal_, color_, visible_ = false;
};

std::string blocks(double fraction, int width);  // "██████▌    ", width cells; 1/8 of a cell is the finest step
std::string duration(double seconds);            // "0.3 s", "12 s", "3:05", "2:00:10"
std::string count(double number);                // "999", "12.3k", "4.1M"
bool speaks_chinese();                           // by LC_ALL, LC_MESSAGES, LANG

}  // namespace limn::cli
