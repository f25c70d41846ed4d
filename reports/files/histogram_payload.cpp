// The encoding, all numbers big-endian. Outside: a cookie, the length of the zlib stream, the stream. Inside the
// stream: 40 bytes of header (cookie, length of the counts, index offset, significant digits, lowest and highest value,
// ratio), then the counts from index 0 to the last that is not 0, zig-zag LEB128; a run of zeros is its negative
// length.
#include "reports/files/histogram_payload.hpp"

#include <bit>
#include <cstdint>
#include <stdexcept>

#include <zlib.h>

namespace cbench {
namespace {

constexpr std::uint32_t encoding_cookie = 0x1c849303 | 0x10;     // V2; 0x10: words of variable length
constexpr std::uint32_t compression_cookie = 0x1c849304 | 0x10;  // the same, compressed
constexpr std::uint32_t significant_digits = 3;
constexpr std::uint64_t lowest_value = 1;
constexpr double value_ratio = 1.0;

template <class Number>
void append_big_endian(std::string& out, Number number) {
  for (int shift = static_cast<int>(sizeof(Number)) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(number >> shift & 0xff);
  }
}

// Seven bits a byte, lowest first, the eighth says that more follow; a ninth byte has eight bits of its own.
void append_zig_zag(std::string& out, std::int64_t number) {
  auto bits = (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
  constexpr int most_bytes = 9;
  for (int byte = 1; byte < most_bytes && bits >= 0x80; ++byte) {
    out += static_cast<char>((bits & 0x7f) | 0x80);
    bits >>= 7;
  }
  out += static_cast<char>(bits);
}

std::string encoded_counts(const Histogram& histogram) {
  std::string out;
  std::int64_t next = 0;  // the index after the last count
  for (const auto& [index, times] : histogram.counts()) {
    const std::int64_t zeros = index - next;
    // HdrHistogram writes a zero that stands alone as itself.
    if (zeros > 0) append_zig_zag(out, zeros == 1 ? 0 : -zeros);
    next = std::int64_t{index} + 1;
    append_zig_zag(out, static_cast<std::int64_t>(times));
  }
  if (out.empty()) append_zig_zag(out, 0);
  return out;
}

std::string compressed(const std::string& text) {
  uLongf size = compressBound(text.size());
  std::string out(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()), text.size(),
                Z_DEFAULT_COMPRESSION) != Z_OK) {
    throw std::runtime_error("a histogram could not be compressed: out of memory");
  }
  out.resize(size);
  return out;
}

std::string base64(const std::string& bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) out += at + i <= bytes.size() ? digits[group >> (18 - 6 * i) & 0x3f] : '=';
  }
  return out;
}

}  // namespace

std::string histogram_payload(const Histogram& histogram) {
  const std::string counts = encoded_counts(histogram);
  std::string inside;
  append_big_endian(inside, encoding_cookie);
  append_big_endian(inside, static_cast<std::uint32_t>(counts.size()));
  append_big_endian(inside, std::uint32_t{0});
  append_big_endian(inside, significant_digits);
  append_big_endian(inside, lowest_value);
  append_big_endian(inside, HistogramLayout::highest);
  append_big_endian(inside, std::bit_cast<std::uint64_t>(value_ratio));
  inside += counts;

  const std::string stream = compressed(inside);
  std::string outside;
  append_big_endian(outside, compression_cookie);
  append_big_endian(outside, static_cast<std::uint32_t>(stream.size()));
  return base64(outside + stream);
}

}  // namespace cbench
