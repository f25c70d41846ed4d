// Adds up what the processes of a trial counted, as Load.counts() tells it.
import { Digest } from "./digest.js";
import { Histogram } from "./histogram.js";

function mergeHistograms(parts) {
  const sum = new Histogram();
  for (const sparse of parts) sum.addSparse(sparse);
  return sum.toSparse();
}

function sumOf(parts) {
  return parts.reduce((sum, part) => sum + part, 0);
}

export function mergeCounts(parts) {
  const all = (field) => parts.map((part) => part[field]);
  const begun = parts.filter((part) => part.tasks_total > 0);
  const [{ finish_ns, slices, classes }] = parts;
  return {
    tasks: sumOf(all("tasks")),
    tasks_total: sumOf(all("tasks_total")),
    finish_ns: finish_ns === null ? null : Math.max(...all("finish_ns")),
    digest: parts.reduce((sum, { digest }) => sum.add(Digest.fromHex(digest)), new Digest()).toHex(),
    slices: slices.map((_, index) => sumOf(parts.map((part) => part.slices[index]))),
    slots: {
      fewest: Math.min(...parts.map(({ slots }) => slots.fewest)),
      most: Math.max(...parts.map(({ slots }) => slots.most)),
    },
    queueing: mergeHistograms(all("queueing")),
    service: mergeHistograms(all("service")),
    response: mergeHistograms(all("response")),
    classes: Object.fromEntries(
      Object.keys(classes).map((name) => [name, mergeHistograms(parts.map((part) => part.classes[name]))]),
    ),
    ...(begun.length > 0 && {
      first_finish_ns: Math.min(...begun.map((part) => part.first_finish_ns)),
      first_service: mergeHistograms(begun.map((part) => part.first_service)),
    }),
  };
}
