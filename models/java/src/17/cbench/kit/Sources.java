package cbench.kit;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;

/**
 * Opens connections to the peer. They leave from 127.0.0.1 and the addresses that follow it: beyond
 * half of an address's ports the kernel takes milliseconds to find a free one.
 */
final class Sources {
  private static final int MOST_SOURCES = 64;
  private static final int USUAL_PORTS =
      60_999 - 32_768 + 1; // ephemeral ones, where nobody changed that

  private final InetSocketAddress peer;
  private final int fromEach = ephemeralPorts() * 3 / 8;
  private final int count; // that are asked for
  private int before; // this one
  private int opened; // from the source at hand
  private int source;

  Sources(Model.Peer peer, int count) throws IOException {
    this.count = count;
    this.peer = new InetSocketAddress(InetAddress.getByName(peer.address()), peer.port());
  }

  SocketChannel connect() throws IOException {
    return next(
        () -> {
          SocketChannel channel = SocketChannel.open();
          prepare(channel);
          channel.connect(peer);
          return channel;
        });
  }

  AsynchronousSocketChannel connectAsync(AsynchronousChannelGroup group) throws IOException {
    return next(
        () -> {
          AsynchronousSocketChannel channel = AsynchronousSocketChannel.open(group);
          prepare(channel);
          try {
            channel.connect(peer).get();
          } catch (ExecutionException | InterruptedException failed) {
            throw failed.getCause() instanceof IOException cause ? cause : new IOException(failed);
          }
          return channel;
        });
  }

  private interface Opening<C> {
    C open() throws IOException;
  }

  private <C> C next(Opening<C> opening) throws IOException {
    try {
      C channel = open(opening);
      before++;
      return channel;
    } catch (IOException failed) {
      throw new IOException(
          "connection %d of %d to the peer on port %d: %s"
              .formatted(before + 1, count, peer.getPort(), failed.getMessage()),
          failed);
    }
  }

  private <C> C open(Opening<C> opening) throws IOException {
    if (opened >= fromEach) {
      leaveFromNext();
    }
    while (true) {
      try {
        C channel = opening.open();
        opened++;
        return channel;
      } catch (BindException noPort) {
        if (source == MOST_SOURCES) {
          throw noPort;
        }
        leaveFromNext();
      }
    }
  }

  private void leaveFromNext() {
    source++;
    opened = 0;
  }

  private void prepare(NetworkChannel channel) throws IOException {
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    if (channel.supportedOptions().contains(StandardSocketOptions.SO_LINGER)) {
      // Closing resets the connection, which would otherwise hold its port for a minute.
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    }
    if (source > 0 && peer.getAddress().isLoopbackAddress()) {
      byte[] address = {127, 0, 0, (byte) (1 + source)};
      channel.bind(new InetSocketAddress(InetAddress.getByAddress(address), 0));
    }
  }

  private static int ephemeralPorts() {
    try {
      String[] ends =
          Files.readString(Path.of("/proc/sys/net/ipv4/ip_local_port_range")).trim().split("\\s+");
      return Math.max(Integer.parseInt(ends[1]) - Integer.parseInt(ends[0]) + 1, MOST_SOURCES);
    } catch (IOException | RuntimeException unreadable) {
      return USUAL_PORTS;
    }
  }
}
