// Runs the built program as a user would, and says what came of it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <sys/types.h>

namespace cbench::testing {

struct Outcome {
  int exit_code = -1;  // 128 + signal where one ended it
  std::string out;
  std::string err;
};

// A program that runs beside the test. Ended by SIGKILL where it still runs when the object goes.
class Program {
 public:
  // `path` with `arguments`; standard output and error go to files of the test's own.
  Program(const std::string& path, const std::vector<std::string>& arguments, const std::string& folder = "");
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // Blocks until it has ended.
  Outcome wait();

 private:
  pid_t pid_ = -1;
  std::string out_path_;
  std::string err_path_;
};

// Runs it to its end.
Outcome run(const std::string& path, const std::vector<std::string>& arguments, const std::string& folder = "");

// The first descendant of `root` whose command line holds `text`, waiting for it up to `most`; 0 where none appears.
pid_t find_descendant(pid_t root, const std::string& text, std::chrono::milliseconds most = std::chrono::seconds(10));

// A fresh folder for one test, removed with the object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);

}  // namespace cbench::testing
