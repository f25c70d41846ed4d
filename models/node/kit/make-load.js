// The load that a spec asks for.
import { ClosedLoad, FixedLoad } from "./load.js";
import { OpenLoad } from "./open-load.js";

// Resolves to it once it can run.
export async function makeLoad(spec, scripts) {
  switch (spec.load.kind) {
    case "closed":
      return new ClosedLoad(spec, scripts);
    case "fixed":
      return new FixedLoad(spec, scripts);
  }
  return OpenLoad.make(spec, scripts);
}
