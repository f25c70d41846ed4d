package cbench.kit;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.annotations.SerializedName;
import java.util.List;
import java.util.Map;

/** What a trial is to do: the line that the parent sends (docs/protocol.md). */
final class Spec {
  static final int VERSION = 2;

  int protocol;
  String trial = "";
  String model = "";
  Map<String, String> settings = Map.of();
  int workers;
  LoadSpec load = new LoadSpec();
  List<ScriptSpec> scripts = List.of();
  int[] order = {};
  PeerSpec peer;

  /** How tasks are brought. */
  static final class LoadSpec {
    String kind = "";
    int concurrency;
    long tasks;
    long warmup_ns;
    long most_warmup_ns;
    long duration_ns;

    // Of an open load.
    double rate_per_s;
    String arrivals = "";
    String late = "";
    String seed_of_arrivals = "0";
    long drain_ns;

    boolean closed() {
      return kind.equals("closed");
    }

    boolean fixed() {
      return kind.equals("fixed");
    }

    boolean open() {
      return kind.equals("open");
    }

    private void check() {
      boolean known =
          closed()
              || fixed()
              || (open()
                  && List.of("poisson", "constant").contains(arrivals)
                  && List.of("wait", "shed").contains(late));
      if (!known) {
        throw new Unsupported("a load of this kind is not known here: " + new Gson().toJson(this));
      }
      boolean some = fixed() ? tasks > 0 : duration_ns > 0 && (closed() || rate_per_s > 0);
      if (concurrency < 1 || !some) {
        throw new IllegalArgumentException("the spec asks for no load: " + new Gson().toJson(this));
      }
    }
  }

  static final class ScriptSpec {
    @SerializedName("class")
    String kind = "";

    String digest;
    JsonArray steps;
  }

  static final class PeerSpec {
    String address;
    int port;
  }

  Model.Peer peer() {
    return peer == null ? null : new Model.Peer(peer.address, peer.port);
  }

  void check() {
    if (protocol != VERSION) {
      throw new Unsupported(
          "the spec is of version %d of the protocol, this program knows version %d"
              .formatted(protocol, VERSION));
    }
    load.check();
    if (workers < 1) {
      throw new IllegalArgumentException("the spec asks for %d workers".formatted(workers));
    }
    if (order.length == 0) {
      throw new IllegalArgumentException("the spec has no order of scripts");
    }
    for (int script : order) {
      if (script < 0 || script >= scripts.size()) {
        throw new IllegalArgumentException(
            "the order names the script %d of %d".formatted(script, scripts.size()));
      }
    }
  }
}
