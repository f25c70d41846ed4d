// A program with no subcommand but `serve`: the tests of the peer need nothing else of cbench.
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "cmd/serve.hpp"

int main(int count, char** arguments) {
  CLI::App app;
  app.require_subcommand(1);
  cbench::add_serve_command(app);
  try {
    app.parse(count, arguments);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
