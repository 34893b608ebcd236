#include "cli/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace limn::cli {
namespace {

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value && *value;
}

int terminal_width() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// Cuts to `cells` columns of a terminal; beyond Latin, characters of three bytes and more are two columns wide.
std::string cut(std::string_view text, int cells) {
  std::size_t end = 0;
  while (end < text.size()) {
    const auto lead = static_cast<unsigned char>(text[end]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    cells -= bytes >= 3 ? 2 : 1;
    if (cells < 0) break;
    end += bytes;
  }
  return std::string(text.substr(0, end));
}

}  // namespace

ProgressLine::ProgressLine()
    : terminal_(::isatty(STDOUT_FILENO) == 1 && std::string_view(is_set("TERM") ? std::getenv("TERM") : "") != "dumb"),
      color_(!is_set("NO_COLOR")) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::draw(double fraction, const std::string& text) {
  if (!terminal_) return;
  const int width = terminal_width(), bar = std::clamp(width / 4, 8, 32);
  fmt::print("\r\033[K{}{}{} {}", color_ ? "\033[36m" : "", blocks(fraction, bar), color_ ? "\033[0m" : "",
             cut(text, width - bar - 2));
  std::fflush(stdout);
  visible_ = true;
}

void ProgressLine::clear() {
  if (!visible_) return;
  fmt::print("\r\033[K");
  std::fflush(stdout);
  visible_ = false;
}

std::string blocks(double fraction, int width) {
  static constexpr const char* kParts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * width * 8));
  std::string text;
  for (int i = 0; i < eighths / 8; ++i) text += "█";
  text += kParts[eighths % 8];
  text.append(static_cast<std::size_t>(width - eighths / 8 - (eighths % 8 > 0 ? 1 : 0)), ' ');
  return text;
}

std::string duration(double seconds) {
  if (!(seconds < 360'000)) return "–";
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int>(std::lround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string count(double number) {
  if (number < 10) return fmt::format("{:.1f}", number);
  if (number < 1000) return fmt::format("{:.0f}", number);
  if (number < 1e6) return fmt::format("{:.1f}k", number / 1e3);
  return fmt::format("{:.1f}M", number / 1e6);
}

bool speaks_chinese() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (is_set(name)) return std::string_view(std::getenv(name)).starts_with("zh");
  return false;
}

}  // namespace limn::cli
