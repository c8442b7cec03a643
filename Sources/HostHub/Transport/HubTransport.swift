package import HostHTTP

/// A way to fetch an address over HTTP or HTTPS.
///
/// An implementation gives the receiver what came in the order it came, follows no redirect, undoes no compression, and ends
/// within about a second of the receiver being cancelled.
package protocol HubTransport: Sendable {
    /// Sends a GET and waits, on the thread that calls, until the answer has ended or the receiver wants no more of it.
    ///
    /// - Throws: `TransportFailure` where no whole answer came and the receiver did not end it.
    func get(_ request: HubRequest, to receiver: any HubReceiver) throws(TransportFailure)
}

package struct HubRequest: Sendable {
    package let address: HubAddress
    package let headers: HTTPHeaders
    /// The proxy to go through; nil goes straight.
    package let proxy: String?
    /// Hosts that are reached straight nonetheless, as `NO_PROXY` has them.
    package let direct: String?
    /// A file of certificates to trust instead of the system's.
    package let certificates: String?
}

/// Status and fields of an answer.
package struct HubHead: Sendable {
    package let status: Int
    package let headers: HTTPHeaders

    package init(status: Int, headers: HTTPHeaders) {
        self.status = status
        self.headers = headers
    }

    /// How many bytes follow, where the answer says so.
    var byteCount: Int? { headers["Content-Length"].flatMap(Int.init) }
}

/// Where the answer goes.
package protocol HubReceiver: AnyObject {
    /// The head, once; false ends the answer.
    func begin(_ head: HubHead) -> Bool

    /// The next bytes of the body; false ends the answer.
    func take(_ bytes: [UInt8]) -> Bool

    /// Asked about once a second while nothing comes.
    var isCancelled: Bool { get }
}

/// Why no whole answer came.
package struct TransportFailure: Error, Equatable {
    package enum Kind: Sendable {
        case cancelled
        /// The connection broke, or nothing came for long: another try may do.
        case passing
        /// No such host, a certificate that is not trusted: another try will not do.
        case lasting
    }

    package let kind: Kind
    /// Completes "the hub could not be reached: …".
    package let words: String

    package init(_ kind: Kind, _ words: String) {
        self.kind = kind
        self.words = words
    }
}
