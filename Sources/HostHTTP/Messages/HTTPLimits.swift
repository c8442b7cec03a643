/// Every bound of the HTTP layer; a request or connection beyond one is answered with an error status or cut.
package struct HTTPLimits: Sendable {
    /// Longest request line in bytes; beyond it 414.
    package var requestLineBytes = 8 << 10
    /// Most header fields; beyond it 431. Trailer fields have the same bound.
    package var headerCount = 100
    /// Most bytes in all header lines together; beyond it 431.
    package var headerBytes = 16 << 10
    /// Largest body in bytes; beyond it 413.
    package var bodyBytes = 16 << 20
    /// Time from a request's first byte to the end of its header, in all.
    package var headerDeadline: Duration = .seconds(10)
    /// Time for the body, or for a WebSocket's message, before what `bodyBytesPerSecond` adds.
    package var bodyDeadline: Duration = .seconds(30)
    /// The deadline of a body or message moves on by one second for this many received bytes.
    package var bodyBytesPerSecond = 64 << 10
    /// How long a connection may stay open between requests; a WebSocket is then closed with code 1001, whatever pings came.
    package var idleLimit: Duration = .seconds(60)
    /// How long the other end may leave bytes unread before it is cut.
    package var writeStallLimit: Duration = .seconds(30)
    /// How long a connection that we close is still read, so that the answer is not destroyed by a reset.
    package var lingerLimit: Duration = .seconds(2)
    /// Unsent bytes at which `HTTPBodyWriter.write` suspends.
    package var unsentBytes = 64 << 10
    /// Open connections; a further one is answered 503.
    package var connections = 1024
    /// Open connections from one address.
    package var connectionsPerAddress = 64
    /// The same for a loopback address, behind which a proxy may speak for everybody.
    package var connectionsPerLoopbackAddress = 1024
    /// Largest WebSocket message in bytes; beyond it the connection is closed with code 1009.
    package var webSocketMessageBytes = 1 << 20

    package init() {}
}
