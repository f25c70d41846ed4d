#include "reports/files/json_trials.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>

#include <fmt/format.h>

#include "text/json_text.hpp"

namespace cbench {
namespace {

struct CutOff : std::exception {};  // the text ends

class Scanner {
 public:
  Scanner(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  JsonTrials scan() {
    try {
      if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;  // the mark that some editors put there
      if (after_space() != '{') {
        throw std::runtime_error(name_ + ": not a document of cbench: no schema_version and trials");
      }
      ++at_;
      if (after_space() == '}') {
        ++at_;
      } else {
        do {
          const std::string_view key = string();
          expect(':');
          if (key == "\"trials\"" && !found_.has_list && after_space() == '[') {
            found_.has_list = true;
            list();
          } else {
            value();
          }
        } while (goes_on('}'));
      }
      skip_space();
      if (at_ < text_.size()) throw error("text behind the end of the document");
      if (found_.has_list) found_.tail = text_.substr(found_.end);
    } catch (const CutOff&) {
      found_.whole = false;
      found_.tail = json_tail;
      if (found_.has_list) found_.rest = std::string(text_.substr(0, list_begin_)) + "]}";
    }
    if (!found_.has_list) found_.rest = text_;
    if (!found_.tail.starts_with('\n')) found_.tail.insert(0, 1, '\n');
    return std::move(found_);
  }

 private:
  void list() {
    expect('[');
    found_.end = list_begin_ = at_;
    if (after_space() == ']') {
      ++at_;
    } else {
      do {
        if (after_space() != '{') throw error("no trial where one should be");
        const std::size_t begin = at_;
        value();
        found_.trials.push_back({text_.substr(begin, at_ - begin), line_at(begin)});
        found_.end = at_;
      } while (goes_on(']'));
    }
    found_.rest = std::string(text_.substr(0, list_begin_)) + ']' + std::string(text_.substr(at_));
  }

  // Past a comma, where another member follows, or past what closes the list or object.
  bool goes_on(char closing) {
    const char c = after_space();
    if (c != ',' && c != closing) throw error("neither a comma nor an end");
    ++at_;
    return c == ',';
  }

  std::string_view string() {
    if (after_space() != '"') throw error("no text where a name should be");
    const std::size_t begin = at_++;
    while (here() != '"') at_ += here() == '\\' ? 2 : 1;
    ++at_;
    return text_.substr(begin, at_ - begin);
  }

  void value() {
    int depth = 0;
    do {
      switch (after_space()) {
        case '"': string(); break;
        case '[':
        case '{':
          if (++depth > deepest_json) throw error(fmt::format("nested more than {} levels deep", deepest_json));
          ++at_;
          break;
        case ']':
        case '}':
          --depth;
          ++at_;
          break;
        case ',':
        case ':':
          if (depth == 0) throw error("no value where one should be");
          ++at_;
          break;
        default: at_ = std::min(text_.find_first_of(",]}[{\" \t\r\n", at_ + 1), text_.size());
      }
    } while (depth > 0);
    if (depth < 0) throw error("no value where one should be");
  }

  void expect(char wanted) {
    if (after_space() != wanted) throw error(fmt::format("no {} where one should be", wanted));
    ++at_;
  }

  void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
  char after_space() {
    skip_space();
    return here();
  }
  char here() const {
    if (at_ >= text_.size()) throw CutOff();
    return text_[at_];
  }

  std::size_t line_at(std::size_t at) {
    line_ += static_cast<std::size_t>(std::ranges::count(text_.substr(counted_, at - counted_), '\n'));
    counted_ = at;
    return line_;
  }

  std::runtime_error error(std::string_view what) {
    return std::runtime_error(fmt::format("{}:{}: not JSON, at byte {}: {}", name_, line_at(at_), at_ + 1, what));
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::size_t list_begin_ = 0;  // behind the bracket
  std::size_t counted_ = 0;     // up to where lines were counted
  std::size_t line_ = 1;
  JsonTrials found_;
};

}  // namespace

JsonTrials find_trials(std::string_view text, const std::string& name) { return Scanner(text, name).scan(); }

}  // namespace cbench
