/// Counts since the server's start, for metrics.
package struct HTTPStatistics: Equatable, Sendable {
    package var openConnections = 0
    package var acceptedConnections = 0
    /// Turned away with 503, or reset, because a bound was reached.
    package var refusedConnections = 0
    package var requests = 0
    /// Requests that were answered by the protocol layer itself: bad bytes, limits, deadlines.
    package var failedRequests = 0
    /// Clients that left before their answer was complete.
    package var disconnects = 0
    /// Clients that were cut because they stopped reading.
    package var stalls = 0

    package init() {}

    package static func += (sum: inout HTTPStatistics, other: HTTPStatistics) {
        sum.openConnections += other.openConnections
        sum.acceptedConnections += other.acceptedConnections
        sum.refusedConnections += other.refusedConnections
        sum.requests += other.requests
        sum.failedRequests += other.failedRequests
        sum.disconnects += other.disconnects
        sum.stalls += other.stalls
    }
}
