#include "executor/process_result.h"

#include <string.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace parking_lot {
namespace {

constexpr std::size_t errors_bytes_max = 8192;

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

// Bytes at the end which begin a character but do not finish it: what a cut leaves behind.
std::size_t torn_tail(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(4, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xc0) == 0x80) continue;
    const std::size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if (!is_continuation(text[i + k])) return false;
    }
    if (length > 2) {
      const auto second = static_cast<unsigned char>(text[i + 1]);
      if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
          (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
        return false;
      }
    }
    i += length;
  }
  return true;
}

// RFC 4648, section 4.
std::string base64(std::string_view bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

}  // namespace

void CapturedOutput::add_output(std::string_view bytes) {
  const std::uint64_t room = output_bytes_max_ - output_.size();
  truncated_ = truncated_ || bytes.size() > room;
  output_ += bytes.substr(0, room);
}

void CapturedOutput::add_errors(std::string_view bytes) {
  errors_ += bytes;
  // Cut seldom, so that much output costs no more than its length.
  if (errors_.size() > 4 * errors_bytes_max) errors_.erase(0, errors_.size() - errors_bytes_max);
}

std::string CapturedOutput::result(int exit_code, int signal) const {
  nlohmann::ordered_json result;
  result["exit_code"] = signal != 0 ? 128 + signal : exit_code;
  if (signal != 0) result["signal"] = signal_name(signal);
  std::string_view output = output_;
  if (truncated_ && is_utf8(output.substr(0, output.size() - torn_tail(output)))) {
    output.remove_suffix(torn_tail(output));
  }
  if (is_utf8(output)) {
    result["stdout"] = output;
  } else {
    result["stdout_base64"] = base64(output);
  }
  std::string_view tail = errors_;
  if (tail.size() > errors_bytes_max) {
    tail.remove_prefix(tail.size() - errors_bytes_max);
    while (!tail.empty() && is_continuation(tail.front())) tail.remove_prefix(1);
  }
  result["stderr_tail"] = tail;
  if (truncated_) result["truncated"] = true;
  return result.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string failure_result(std::string_view sentence) {
  return nlohmann::json{{"error", sentence}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace parking_lot
