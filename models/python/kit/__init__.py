"""What the Python models share: the protocol of a trial (docs/protocol.md), the scripts and what they mean, the frames
to the peer, and the load that brings tasks to a model and records them."""
