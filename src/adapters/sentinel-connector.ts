import { type SentinelConnectionOptions, SentinelConnector } from 'ioredis';

type Emit = Parameters<SentinelConnector['connect']>[0];
type Connected = ReturnType<SentinelConnector['connect']>;

/**
 * ioredis listens at the Sentinels for a failover, so that an old master that hangs does not keep us. When that master
 * crashed instead, the news of the failover arrives while ioredis is connecting anew already: the listener of the old
 * connection then ends the new attempt, which ioredis takes for our own wish, and the connection is "end" for ever:
 * every command fails with "Connection is closed." until the process is started again. So what belonged to the old
 * connection is let go of before a new one is tried. Given as `Connector`, it also counts for the connections that
 * BullMQ duplicates. ioredis 6.0.0: lib/connectors/SentinelConnector (`connecting`, `initFailoverDetector`).
 */
export class FreshSentinelConnector extends SentinelConnector {
  /** As ioredis declares it of any connector; it hands over its own options. */
  constructor(options: unknown) {
    super(options as SentinelConnectionOptions);
  }

  override connect(emit: Emit): Connected {
    this.disconnect();
    return super.connect(emit);
  }
}
