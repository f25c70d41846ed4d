// What a user meets at the command line: help, lists, results, and every kind of bad input.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/trial_id.hpp"
#include "reports/files/formats.hpp"
#include "tests/support/program.hpp"

namespace cbench::testing {
namespace {

const std::string program = CBENCH_PROGRAM;

Outcome cbench(const std::vector<std::string>& arguments) { return run(program, arguments); }

// Options that keep a run short; what is measured does not matter here.
std::vector<std::string> short_run(std::vector<std::string> more) {
  std::vector<std::string> arguments{"--duration", "50ms", "--warmup", "10ms", "--repetitions", "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

void expect_usage_error(const std::vector<std::string>& arguments, const std::string& what, const std::string& remedy) {
  const Outcome outcome = cbench(arguments);
  EXPECT_EQ(outcome.exit_code, 2) << fmt::format("{}", fmt::join(arguments, " ")) << "\n" << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find(what), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find(remedy), std::string::npos) << outcome.err;
}

TEST(command_line, help_teaches_by_example) {
  const Outcome help = cbench({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.out.find("cbench --model fibers --workload io"), std::string::npos);
  EXPECT_EQ(cbench({}).out, help.out);
  EXPECT_NE(cbench({"run", "--help"}).out.find("--model fibers,coroutines --workload sleep"), std::string::npos);
}

// Of the UTF-8 text: the code points of its longest line.
std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::size_t width = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U) ++width;
    if (c == '\n') width = 0;
    widest = std::max(widest, width);
  }
  return widest;
}

Outcome cbench_in_columns(int columns, const std::string& arguments) {
  return run("/bin/sh", {"-c", fmt::format("COLUMNS={} '{}' {}", columns, program, arguments)});
}

TEST(command_line, every_help_fits_the_terminal) {
  std::vector<std::string> pages{"--help", "trial --help"};
  std::istringstream commands(cbench({"complete", "--", ""}).out);
  for (std::string name; commands >> name;) {
    if (!name.starts_with("-")) pages.push_back(name + " --help");
  }
  ASSERT_GT(pages.size(), 15U);
  for (const std::string& page : pages) {
    const Outcome help = cbench_in_columns(80, page);
    EXPECT_EQ(help.exit_code, 0) << page;
    EXPECT_LE(widest_line(help.out), 80U) << page << "\n" << help.out;
  }
}

TEST(command_line, an_example_that_a_line_does_not_hold_can_be_copied_all_the_same) {
  EXPECT_NE(cbench_in_columns(60, "capacity --help")
                .out.find("  cbench capacity --model pool,fibers,eventloop \\\n"
                          "      --workload io --slo 'p99<40ms,p99.9<80ms'\n"),
            std::string::npos);
  EXPECT_NE(cbench_in_columns(50, "runtimes --help").out.find(" \\\n      --named-in='--model fibers,go -n 2'\n"),
            std::string::npos)
      << "a quoted word stays whole";
}

// What it says on a terminal of so many columns.
std::string said_on_a_terminal(int columns, const std::string& arguments) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  EXPECT_GE(terminal, 0);
  EXPECT_EQ(grantpt(terminal), 0);
  EXPECT_EQ(unlockpt(terminal), 0);
  const std::string name = ptsname(terminal);
  const int kept_open = open(name.c_str(), O_RDWR | O_NOCTTY);
  run("/bin/sh", {"-c", fmt::format("COLUMNS={} '{}' {} 2>{}", columns, program, arguments, name)});
  std::string text(65536, ' ');
  const ssize_t got = read(terminal, text.data(), text.size());
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  close(kept_open);
  close(terminal);
  std::erase(text, '\r');
  return text;
}

TEST(command_line, errors_are_wrapped_on_a_terminal_alone) {
  const std::string arguments = "--model banana --workload io";
  const std::string wrapped = said_on_a_terminal(60, arguments);
  EXPECT_NE(wrapped.find("cbench: unknown model \"banana\""), std::string::npos) << wrapped;
  EXPECT_LE(widest_line(wrapped), 60U) << wrapped;
  std::string piped = cbench_in_columns(60, arguments).err;
  EXPECT_EQ(std::ranges::count(piped, '\n'), 1) << piped;
  std::string joined = wrapped;
  std::ranges::replace(joined, '\n', ' ');
  std::ranges::replace(piped, '\n', ' ');
  EXPECT_EQ(joined, piped);
}

TEST(command_line, a_model_that_is_nearly_right_is_not_drowned_in_the_names_of_all) {
  EXPECT_EQ(cbench({"--model", "fiber", "--workload", "io"}).err,
            "cbench: unknown model \"fiber\"; did you mean fibers? `cbench list` has all.\n");
  expect_usage_error({"--model", "banana", "--workload", "io"}, "unknown model \"banana\". Known: ", "fibers");
}

TEST(command_line, what_is_in_files_is_listed_by_other_subcommands) {
  expect_usage_error({"list", "mine.json"}, "mine.json is a file", "a workload in a file: cbench explain mine.json");
  expect_usage_error({"list", "./mine/model.json"}, "./mine/model.json is a file", "cbench runtimes ./mine/model.json");
  const Outcome of_one = cbench({"list", "./mine/model.json/waiting"});
  EXPECT_EQ(of_one.exit_code, 2);
  EXPECT_TRUE(of_one.err.ends_with("cbench runtimes ./mine/model.json\n")) << of_one.err;
}

TEST(command_line, a_trial_without_anybody_who_listens_says_what_it_expects) {
  for (const char* input : {"</dev/null", "<<< '{}'"}) {
    const Outcome outcome = run("/bin/bash", {"-c", fmt::format("'{}' trial {} 3>&-", program, input)});
    EXPECT_EQ(outcome.exit_code, 2) << input;
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find("a spec as one line of JSON is expected on standard input (docs/protocol.md)"),
              std::string::npos)
        << outcome.err;
  }
  const Outcome heard = run("/bin/bash", {"-c", fmt::format("(echo '{{}}'; sleep 0.5) | '{}' trial 3>&1", program)});
  EXPECT_EQ(heard.exit_code, 1);
  EXPECT_NE(heard.out.find("\"status\":\"failed\""), std::string::npos) << heard.out;
  EXPECT_EQ(heard.err, "");
  const Outcome nothing_came = run("/bin/bash", {"-c", fmt::format("'{}' trial 3>&1 </dev/null", program)});
  EXPECT_EQ(nothing_came.exit_code, 2);
  EXPECT_NE(nothing_came.err.find("which ended without one"), std::string::npos) << nothing_came.err;
}

TEST(command_line, examples_are_those_of_the_subcommand) {
  const std::string trial = cbench({"trial", "--help"}).out;
  EXPECT_EQ(trial.find("Examples"), std::string::npos) << trial;
  EXPECT_NE(trial.find("docs/protocol.md"), std::string::npos) << trial;
  EXPECT_NE(cbench({"doctor", "--help"}).out.find("  cbench doctor --json"), std::string::npos);
}

TEST(command_line, waits_of_more_than_an_hour_are_refused) {
  expect_usage_error({"explain", "sleep", "-p", "delay=2h"}, "delay: 2h", "more than 1h");
  expect_usage_error({"explain", "io", "-p", "delay=3601s"}, "delay", "more than 1h");
  expect_usage_error({"explain", "amdahl", "-p", "phase=wait", "-p", "time=61min"}, "time", "more than 1h");
  EXPECT_EQ(cbench({"explain", "sleep", "-p", "delay=1h"}).exit_code, 0);
}

TEST(command_line, metrics_that_work_are_named_in_one_list) {
  const std::string help = cbench_in_columns(400, "compare --help").out;
  const std::string error = cbench({"compare", "a.csv", "b.csv", "--metric", "foo"}).err;
  const auto known = error.find("Known: ");
  ASSERT_NE(known, std::string::npos) << error;
  const std::string list = error.substr(known + 7, error.find(", or the name") - known - 7);
  EXPECT_NE(list.find("queueing_p99"), std::string::npos) << list;
  EXPECT_NE(help.find("What is compared: " + list + ","), std::string::npos) << list << "\n" << help;
}

TEST(command_line, version_names_the_program_and_its_libraries) {
  const Outcome version = cbench({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_NE(version.out.find("cbench 0."), std::string::npos);
  EXPECT_NE(version.out.find("fmt"), std::string::npos);
}

TEST(command_line, shells_are_told_what_may_follow) {
  const auto candidates = [](std::vector<std::string> words) {
    words.insert(words.begin(), {"complete", "--"});
    return cbench(words).out;
  };
  EXPECT_EQ(candidates({"comp"}), "compare\n");
  EXPECT_EQ(candidates({"--mode"}), "--model\n");
  EXPECT_EQ(candidates({"run", "--model", "fib"}), "fibers\n");
  EXPECT_EQ(candidates({"--model", "pool,fib"}), "pool,fibers\n");
  EXPECT_EQ(candidates({"--model", "pool", "--workload", "slee"}), "sleep\n");
  EXPECT_EQ(candidates({"compare", "--thr"}), "--threshold\n");
  EXPECT_EQ(candidates({"compare", "base.c"}), "") << "the shell knows the files";
  EXPECT_NE(candidates({""}).find("doctor\n"), std::string::npos);
  EXPECT_EQ(candidates({""}).find("trial\n"), std::string::npos) << "nobody types that";
}

TEST(command_line, mistyped_names_get_the_nearest_valid_ones) {
  expect_usage_error({"--model", "sequentail", "--workload", "cpu"}, "unknown model \"sequentail\"", "sequential");
  expect_usage_error({"--model", "pool", "--workload", "cpuu"}, "unknown workload \"cpuu\"", "cpu");
  expect_usage_error({"--model", "pool", "--workload", "io", "--param", "dealy=5ms"}, "dealy", "delay");
  expect_usage_error({"--model", "pool:thread=3", "--workload", "io"}, "thread", "threads");
  expect_usage_error({"rum"}, "unknown command \"rum\"", "run");
}

TEST(command_line, bad_values_say_what_is_expected) {
  expect_usage_error({"--model", "pool", "--workload", "io", "--param", "delay=5"}, "delay", "20ms");
  expect_usage_error({"--model", "pool", "--workload", "io", "--duration", "2 parsecs"}, "--duration", "20ms");
  expect_usage_error({"--model", "pool", "--workload", "io", "--workers", "0"}, "--workers", "between 1 and");
  expect_usage_error({"--model", "pool", "--workload", "io", "--concurrency", "many"}, "--concurrency", "many");
  expect_usage_error({"--model", "pool", "--workload", "io", "--repetitions", "0"}, "--repetitions",
                     "between 1 and 1000");
  for (const char* command : {"run", "curve"}) {
    expect_usage_error({command, "--model", "pool", "--workload", "io", "--repetitions", "1001"}, "--repetitions",
                       "between 1 and 1000, not 1001");
  }
  expect_usage_error({"metg", "--model", "pool", "--repetitions", "1001"}, "--repetitions", "between 1 and 1000");
  expect_usage_error({"--model", "pool", "--workload", "mixed", "--param", "heavy=0.0004"}, "steps of 0.1%",
                     "not 0.04%");
  expect_usage_error({"--model", "pool:threads=0", "--workload", "io"}, "threads", "between 1 and");
  expect_usage_error({"--model", "pool", "--workload", "io", "--param", "bytes=1M"}, "bytes", "65536");
  expect_usage_error({"--model", "pool", "--workload", "cpu", "--param", "kernel=fault"}, "kernel", "primes");
  expect_usage_error({"--model", "pool", "--workload", "io", "-o", "results.xls"}, "results.xls", ".csv");
  expect_usage_error({"--model", "pool", "--workload", "noop", "--tasks", "1.5"}, "--tasks", "1.5");
}

TEST(command_line, a_missing_option_is_a_usage_error) {
  expect_usage_error({"--model", "pool"}, "--workload is required", "Try: cbench run --help");
}

TEST(command_line, a_misspelled_option_is_named_with_the_nearest_of_its_subcommand) {
  expect_usage_error({"--modle", "fibers"}, "no option --modle; did you mean --model?", "Try: cbench run --help");
  expect_usage_error({"--modle=pool", "--workload", "io"}, "--modle;", "--model?");
  expect_usage_error({"run", "--reptitions", "3"}, "--reptitions", "--repetitions");
  expect_usage_error({"summary", "--jsno", "x.csv"}, "cbench summary has no option --jsno",
                     "Try: cbench summary --help");
  expect_usage_error({"compare", "a.csv", "b.csv", "--treshold", "5%"}, "--treshold", "--threshold");
  expect_usage_error({"metg", "--model", "pool", "--phse", "wait"}, "--phse", "--phase");
  expect_usage_error({"--model", "pool", "--workload", "io", "--json"}, "no option --json", "cbench summary");
  expect_usage_error({"--model", "pool", "-z"}, "no option -z", "Try: cbench run --help");
}

TEST(command_line, what_excludes_each_other_or_stands_twice_says_so) {
  expect_usage_error({"--model", "pool", "--workload", "noop", "--tasks", "10", "--duration", "1s"}, "--tasks 10",
                     "--duration 1s");
  expect_usage_error({"--model", "pool", "--workload", "noop", "--tasks", "10", "--warmup", "1s"}, "--tasks 10",
                     "--warmup 1s");
  expect_usage_error({"--model", "pool:threads=3,threads=4", "--workload", "io"}, "threads is given twice",
                     "3 and as 4");
  expect_usage_error({"--model", "pool", "--workload", "io", "--param", "delay=1ms", "--param", "delay=2ms"},
                     "delay is given twice", "1ms and as 2ms");
  expect_usage_error({"--model", "pool", "--workload", "io", "-d", "1s", "-d", "2s"}, "--duration stands there twice",
                     "takes one value");
  expect_usage_error({"--model", "pool", "--workload", "io", "-t", "1", "-t", "2", "-t", "3"},
                     "--tasks stands there 3 times", "takes one value");
}

TEST(command_line, numbers_that_an_option_cannot_take_are_told_its_range) {
  expect_usage_error({"--model", "pool", "--workload", "io", "--peer-port", "99999"}, "\"99999\" is no port",
                     "a whole number from 0 to 65,535");
  expect_usage_error({"--model", "pool", "--workload", "io", "-r", "1e9"}, "--repetitions takes",
                     "a whole number from 1 to 1,000, not \"1e9\"");
  expect_usage_error({"curve", "-m", "pool", "-w", "io", "--points", "many"}, "--points takes", "not \"many\"");
}

TEST(command_line, options_that_leave_nothing_of_each_other_say_so) {
  expect_usage_error({"--model", "pool", "--workload", "noop", "--quiet"}, "--quiet shows no results", "--output FILE");
  expect_usage_error({"--model", "pool", "--workload", "noop", "-q", "-o", "x.csv", "--all-rows"},
                     "--quiet prints no table", "--all-rows");
  expect_usage_error({"--model", "pool", "--workload", "noop", "-o", "-", "--columns", "p99"},
                     "--output - prints no table", "--columns p99");
  expect_usage_error({"--model", "pool", "--workload", "noop", "--columns", "p98"}, "unknown column \"p98\"", "p99");
  expect_usage_error({"summary", "x.csv", "--json", "--columns", "p99"}, "--json prints no table", "--columns p99");
}

TEST(command_line, searches_that_would_show_nothing_or_two_things_at_once_say_so) {
  const std::vector<std::string> capacity{"capacity", "-m", "pool", "-w", "sleep", "--slo", "p99<1s", "--time", "5s"};
  const std::vector<std::string> metg{"metg", "-m", "pool", "-d", "10ms", "--warmup", "1ms", "-r", "1"};
  const std::vector<std::string> curve{"curve", "-m", "pool", "-w", "sleep"};
  for (std::vector<std::string> search : {capacity, metg, curve}) {
    search.emplace_back("--quiet");
    expect_usage_error(search, "--quiet shows no results", "--output FILE or --json");
    search.insert(search.end(), {"--json", "-o", "-"});
    expect_usage_error(search, "both write to standard output", "leave out one of them");
  }
}

TEST(command_line, a_reader_that_goes_away_is_no_error) {
  const Folder folder;
  const std::string err = folder / "err";
  const std::string code = folder / "code";
  run("/bin/sh", {"-c", "{ sleep 0.5; '" + program + "' list 2>" + err + "; echo $? >" + code + "; } | true"});
  EXPECT_EQ(read_file(code), "141\n") << "as of any program that SIGPIPE ends";
  EXPECT_EQ(read_file(err), "");
}

TEST(command_line, what_cannot_fit_into_memory_is_refused_before_it_takes_it) {
  const std::vector<std::string> large{"--model",      "fibers",     "--workload",    "sleep",
                                       "--param",      "delay=20ms", "--concurrency", "100k",
                                       "--max-memory", "100M",       "--repetitions", "1"};
  if (cbench({"list", "fibers"}).out.find("absent") != std::string::npos) GTEST_SKIP() << "no fibers";
  expect_usage_error(large, "fibers with 100,000 tasks in flight would take about", "would fit");
}

TEST(command_line, what_cannot_fit_is_refused_of_a_model_in_another_language_too) {
  expect_usage_error({"-m", CBENCH_SOURCE "/tests/protocol/model.json", "-w", "sleep", "-p", "delay=10ms", "-c", "1M",
                      "-n", "1", "-r", "1", "-d", "50ms", "--no-baseline", "--max-memory", "500M"},
                     "by-the-page with 1,000,000 tasks in flight would take about", "would fit");
}

// A manifest of which nothing but the baseline can run.
TEST(command_line, a_manifest_without_a_model_that_can_run_is_refused) {
  const Folder folder;
  const std::string manifest = folder / "model.json";
  std::ofstream(manifest) << R"json({"runtime": "mine", "command": ["/bin/sh"],
    "tool": {"programs": ["sh"], "version": ["{tool}", "-c", "echo 1.0"], "pattern": "([0-9.]+)", "least": "1.0",
             "debian": ["dash"]},
    "models": [{"name": "alone", "idiom": "one task at a time", "library": "none", "unit": "none", "baseline": true,
                "most_in_flight": 1, "most_workers": 1},
               {"name": "many", "idiom": "several", "library": "none", "unit": "none", "least": "99.0"}]})json";
  for (const char* command : {"run", "curve", "capacity"}) {
    std::vector<std::string> arguments{command, "-m", manifest, "-w", "sleep"};
    if (std::string(command) == "capacity") arguments.insert(arguments.end(), {"--slo", "p99<1s"});
    expect_usage_error(arguments, "model many is absent", "99.0 or newer");
  }
}

TEST(command_line, numbers_that_nothing_has_are_usage_errors) {
  for (const char* option : {"--seed", "--repetitions", "--peer-port"}) {
    expect_usage_error({"--model", "pool", "--workload", "noop", option, "-1"}, option, "-1");
  }
  expect_usage_error({"--model", "pool", "--workload", "noop", "--peer-port", "70000"}, "--peer-port", "70000");
  if (cbench({"list", "csp"}).out.find("stack") != std::string::npos) {
    expect_usage_error({"--model", "csp:stack=999G", "--workload", "io"}, "999G", "memory");
  }
}

TEST(command_line, help_and_version_are_words_too) {
  EXPECT_EQ(cbench({"help"}).out, cbench({"--help"}).out);
  EXPECT_EQ(cbench({"help", "fit"}).out, cbench({"fit", "--help"}).out);
  EXPECT_EQ(cbench({"version"}).out, cbench({"--version"}).out);
  EXPECT_EQ(cbench({"-v"}).out, cbench({"--version"}).out);
  expect_usage_error({"help", "rnu"}, "unknown command \"rnu\"", "run");
}

// With both closed, a file of results would get the number of standard error.
TEST(command_line, closed_standard_descriptors_change_the_exit_code_of_nothing) {
  const Folder folder;
  const auto shell = [&](const std::string& command) {
    return run("/bin/sh", {"-c", "exec '" + program + "' " + command}).exit_code;
  };
  EXPECT_EQ(shell("--model nonsense --workload noop 2>&-"), 2);
  EXPECT_EQ(shell("--help 2>&- <&-"), 0);
  const std::string csv = folder / "results.csv";
  EXPECT_EQ(shell("--model pool --workload noop -r 1 -n 1 -d 50ms --warmup 5ms -q -o " + csv + " 2>&- >&- <&-"), 0);
  EXPECT_EQ(read_records(csv).size(), 2U);
}

TEST(command_line, an_unwritable_file_ends_the_run_before_anything_is_measured) {
  const Outcome outcome = cbench({"--model", "pool", "--workload", "cpu", "-o", "/nowhere/results.csv"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("/nowhere/results.csv"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

TEST(command_line, results_are_a_table_and_a_file_with_a_row_for_each_trial) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  const Outcome outcome = cbench(short_run(
      {"--model", "pool,threads", "--workload", "cpu", "--param", "amount=1000", "--workers", "1,2", "-o", csv}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");  // no progress line where standard error is not a terminal
  EXPECT_NE(outcome.out.find("threads"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos) << "no colour in a pipe";
  for (std::size_t begin = 0; begin < outcome.out.size();) {
    const std::size_t end = outcome.out.find('\n', begin);
    const std::string line = outcome.out.substr(begin, end - begin);
    const auto columns = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; });
    EXPECT_LE(columns, 100) << line;
    begin = end + 1;
  }
  const auto records = read_records(csv);
  ASSERT_EQ(records.size(), 5U);  // two models at two worker counts, and the baseline
  EXPECT_EQ(records.front().spec.model, "sequential");
  for (const TrialRecord& record : records) {
    EXPECT_EQ(record.status, Status::ok) << record.reason;
    EXPECT_EQ(record.digest, records.front().digest) << record.spec.model << " did other work";
    EXPECT_GT(record.ideal_per_s, 0);
    EXPECT_GT(record.efficiency, 0);
    EXPECT_GT(record.os_threads, 0U);
  }
}

TEST(command_line, a_second_run_adds_to_the_file) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  const auto arguments =
      short_run({"--model", "pool", "--workload", "noop", "--workers", "1", "--no-baseline", "-o", csv});
  EXPECT_EQ(cbench(arguments).exit_code, 0);
  EXPECT_EQ(cbench(arguments).exit_code, 0);
  EXPECT_EQ(read_records(csv).size(), 2U);
}

TEST(command_line, every_trial_has_an_id_of_its_own_in_all_files) {
  const Folder folder;
  const std::vector<std::string> files{folder / "r.csv", folder / "r.json"};
  const Outcome outcome = run(CBENCH_PROGRAM_WITH_FAULTS, {"-m", "pool,crash", "-w", "noop", "-n", "1", "-t", "200",
                                                           "-r", "3", "-o", files[0], "-o", files[1]});
  EXPECT_EQ(outcome.exit_code, 1) << "a model crashes";
  std::vector<std::set<std::string>> ids;
  for (const std::string& file : files) {
    std::set<std::string>& of_file = ids.emplace_back();
    for (const TrialRecord& record : read_records(file)) {
      EXPECT_TRUE(is_trial_id(record.id)) << record.id;
      of_file.insert(record.id);
    }
    EXPECT_EQ(of_file.size(), 9U) << "three of the baseline, of the pool, and of what left no record";
  }
  EXPECT_EQ(ids[0], ids[1]);
}

// A pipe whose reader goes stands for any output that fails while a sweep runs.
TEST(command_line, an_output_that_fails_costs_neither_the_others_nor_the_table) {
  const Folder folder;
  const std::string pipe = folder / "pipe.csv";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  Program sweep(program, {"-m", "pool", "-w", "noop", "-n", "1", "-d", "200ms", "--no-baseline", "-r", "3", "-o", pipe,
                          "-o", folder / "r.csv"});
  char first = 0;
  while (read(reader, &first, 1) != 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  close(reader);
  const Outcome outcome = sweep.wait();
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.out.find("tasks/s"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.err.find("pipe.csv: Broken pipe"), std::string::npos) << outcome.err;
  EXPECT_EQ(read_records(folder / "r.csv").size(), 3U);
}

TEST(command_line, records_on_standard_output_come_without_the_table) {
  const Outcome outcome =
      cbench(short_run({"--model", "pool", "--workload", "noop", "--no-baseline", "--workers", "1", "-o", "-"}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 2) << outcome.out;
  EXPECT_NE(outcome.out.find("throughput_per_s"), std::string::npos);
}

TEST(command_line, json_carries_the_histograms) {
  const Folder folder;
  const std::string json = folder / "results.json";
  EXPECT_EQ(cbench(short_run({"--model", "pool", "--workload", "noop", "--no-baseline", "-o", json})).exit_code, 0);
  for (const TrialRecord& record : read_records(json)) {
    ASSERT_TRUE(record.response.histogram);
    EXPECT_EQ(record.response.histogram->total(), record.tasks);
  }
}

TEST(command_line, fixed_work_runs_exactly_that_many_tasks) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  EXPECT_EQ(
      cbench({"--model", "pool,threads", "--workload", "noop", "--tasks", "1000", "--repetitions", "2", "-o", csv})
          .exit_code,
      0);
  for (const TrialRecord& record : read_records(csv)) {
    EXPECT_EQ(record.spec.load.kind, LoadKind::fixed);
    if (record.spec.unasked) {
      EXPECT_GT(record.tasks, 1000U) << "that many are over too soon to read CPU time";
    } else {
      EXPECT_EQ(record.tasks, 1000U);
    }
  }
}

TEST(command_line, a_baseline_nobody_asked_for_does_no_more_fixed_work_than_tells_what_a_task_takes) {
  const Outcome outcome = cbench({"--model", "threads", "--workload", "sleep", "--param", "delay=200ms", "--tasks",
                                  "300", "--concurrency", "300", "--repetitions", "1", "--workers", "1"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.find("fixed work, 300 tasks (sequential: 9)") != std::string::npos) << outcome.out;
}

TEST(command_line, all_stands_for_every_model_that_is_there) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  const Outcome outcome = cbench(short_run({"--model", "all", "--workload", "sleep", "--param", "delay=1ms",
                                            "--concurrency", "10", "--workers", "1", "-o", csv}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  const auto records = read_records(csv);
  EXPECT_GE(records.size(), 5U);
  for (const TrialRecord& record : records) EXPECT_EQ(record.status, Status::ok) << record.spec.model << record.reason;
}

TEST(command_line, a_peer_of_two_threads_agrees_with_the_tasks_and_is_held_against_the_like) {
  const Folder folder;
  const std::string one = folder / "one.csv";
  const std::string two = folder / "two.json";
  const std::vector<std::string> io = {"--model",   "eventloop", "--workload",    "io", "--param", "delay=1ms",
                                       "--workers", "1",         "--concurrency", "50", "-o"};
  const auto into = [&](const std::string& file, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = io;
    arguments.push_back(file);
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(cbench(short_run(arguments)).exit_code, 0);
    return read_records(file);
  };
  into(one, {});
  for (const TrialRecord& record : into(two, {"--peers", "2"})) {
    EXPECT_EQ(record.status, Status::ok) << record.reason;
    EXPECT_EQ(record.host.peers, 2U);
  }
  const Outcome compared = cbench({"compare", one, two});
  EXPECT_EQ(compared.exit_code, 2);
  EXPECT_TRUE(compared.out.find("peers 1 -> 2") != std::string::npos) << compared.out;
}

TEST(command_line, what_was_measured_on_cpus_that_were_kept_awake_says_so_and_is_held_against_the_like) {
  const Folder folder;
  unsetenv("CBENCH_KEEP_AWAKE");
  const std::string halting = folder / "halting.csv";
  const std::string awake = folder / "awake.json";
  const std::vector<std::string> pool = short_run({"--model", "pool", "--workload", "noop", "--workers", "1", "-o"});
  const auto into = [&](const std::string& file, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = pool;
    arguments.push_back(file);
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(cbench(arguments).exit_code, 0);
    return read_records(file);
  };
  for (const TrialRecord& record : into(halting, {})) EXPECT_EQ(record.host.idle, "");
  for (const TrialRecord& record : into(awake, {"--keep-awake"})) {
    EXPECT_EQ(record.host.idle, "kept awake");
    EXPECT_EQ(record.status, Status::ok) << record.reason;
  }
  const Outcome compared = cbench({"compare", halting, awake});
  EXPECT_EQ(compared.exit_code, 2);
  EXPECT_TRUE(compared.out.find("2 cells: idle none -> kept awake") != std::string::npos) << compared.out;
  // By the environment, which trials inherit: what spins is the sweep's, not theirs.
  setenv("CBENCH_KEEP_AWAKE", "1", 1);
  const std::string sleeping = folder / "sleeping.csv";
  EXPECT_EQ(cbench(short_run({"--model", "pool", "--workload", "sleep", "--workers", "1", "-o", sleeping})).exit_code,
            0);
  unsetenv("CBENCH_KEEP_AWAKE");
  for (const TrialRecord& record : read_records(sleeping)) {
    EXPECT_EQ(record.host.idle, "kept awake");
    EXPECT_LT(record.cpu_s, 0.5 * record.window_s) << record.spec.model;
  }
}

}  // namespace
}  // namespace cbench::testing
