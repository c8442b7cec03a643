/// The listening sockets of a server, all on one port.
struct Listeners: Sendable {
    let sockets: [Socket]
    let port: Int

    private static let sendBufferBytes = 128 << 10

    static func open(host: String, port: Int) throws(HTTPError) -> Listeners {
        guard (0...65_535).contains(port) else {
            throw .bind("cannot listen on \(host):\(port): a port is a number from 0 to 65535")
        }
        guard let candidates = SocketAddress.candidates(host: host, port: port), let first = candidates.first else {
            throw .bind("cannot listen on \(host):\(port): the host must be a numeric address or localhost")
        }
        let place = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]:\(port)" : "\(host):\(port)"
        do throws(SystemError) {
            var sockets = [try Socket.listening(on: first, sendBufferBytes: sendBufferBytes)]
            let bound = try SocketAddress.bound(sockets[0].descriptor).port
            for candidate in candidates.dropFirst() {
                guard let address = candidate.with(port: bound) else { continue }
                do throws(SystemError) {
                    sockets.append(try Socket.listening(on: address, sendBufferBytes: sendBufferBytes))
                } catch {
                    // A machine without IPv6, or a chosen port that is taken there: one loopback address is enough then.
                    // A port that the user named must be ours on both.
                    if port != 0 && error.isAddressInUse {
                        for socket in sockets { socket.close() }
                        throw error
                    }
                }
            }
            return Listeners(sockets: sockets, port: bound)
        } catch {
            let hint = error.isAddressInUse ? "; another program, perhaps another modelhost, listens there: end it or choose another port" : ""
            throw .bind("cannot listen on \(place): \(error.reason)\(hint)")
        }
    }
}
