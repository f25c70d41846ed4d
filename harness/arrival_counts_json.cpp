#include "harness/arrival_counts_json.hpp"

namespace cbench {
namespace {

Json up_to_json(const ArrivalCounts::UpTo& counted) {
  return {{"due", counted.due}, {"shed", counted.shed}, {"taken", counted.taken}, {"done", counted.done}};
}

ArrivalCounts::UpTo up_to_from(const JsonFields& fields) {
  return {.due = fields.whole("due"),
          .shed = fields.whole("shed"),
          .taken = fields.whole("taken"),
          .done = fields.whole("done")};
}

}  // namespace

Json arrival_counts_to_json(const ArrivalCounts& counts) {
  Json generator{{"own_thread", counts.own_thread}};
  generator["cpu_ns"] = counts.generator_cpu ? Json(counts.generator_cpu->count()) : Json(nullptr);
  return {{"begin", up_to_json(counts.begin)},   {"end", up_to_json(counts.end)},
          {"mean_backlog", counts.mean_backlog}, {"late", counts.late},
          {"unfinished", counts.unfinished},     {"dropped", counts.dropped},
          {"generator", std::move(generator)}};
}

ArrivalCounts arrival_counts_from(const JsonFields& fields) {
  ArrivalCounts counts{.begin = up_to_from(fields.object("begin")), .end = up_to_from(fields.object("end"))};
  counts.mean_backlog = fields.number("mean_backlog");
  counts.late = fields.whole("late");
  counts.unfinished = fields.whole("unfinished");
  counts.dropped = fields.whole("dropped");
  const JsonFields generator = fields.object("generator");
  counts.own_thread = generator.flag("own_thread");
  if (generator.given("cpu_ns")) counts.generator_cpu = generator.time("cpu_ns");
  return counts;
}

}  // namespace cbench
