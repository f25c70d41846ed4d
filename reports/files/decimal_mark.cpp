#include "reports/files/decimal_mark.hpp"

#include <stdexcept>

#include <fmt/format.h>

namespace cbench {

std::string_view DecimalMark::with_point(std::string_view text) {
  if (!may_be_comma_) return text;
  const std::size_t at = text.find_first_of(",.");
  if (at == std::string_view::npos) return text;
  const bool has_both = text.find(text[at] == ',' ? '.' : ',') != std::string_view::npos;
  if (mark_ == '\0') mark_ = text[at];
  if (has_both || text[at] != mark_) {
    throw std::runtime_error(fmt::format(
        "\"{}\": the file has numbers with commas and with points; write decimals in one way, and thousands "
        "without a mark",
        text.substr(0, 40)));
  }
  if (text[at] == '.') return text;
  changed_ = text;
  changed_[at] = '.';
  return changed_;
}

}  // namespace cbench
