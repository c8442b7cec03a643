import Foundation
import Glibc

@testable import HostHTTP

/// A TCP client that sends and receives exactly the bytes it is told to.
///
/// Every call that can wait does so on a thread of its own: a blocked cooperative thread would starve the
/// server's handlers.
final class RawClient: Sendable {
    private let descriptor: Int32

    /// Connects over loopback, and sends a first request without giving up its thread in between.
    init(port: Int, overIPv6: Bool = false, receiveBufferBytes: Int32? = nil, sending text: String = "") throws {
        descriptor = socket(overIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError.last("socket") }
        if var size = receiveBufferBytes {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
        do throws(SystemError) {
            guard let address = SocketAddress(numeric: overIPv6 ? "::1" : "127.0.0.1", port: UInt16(port)) else {
                throw SystemError(call: "connect", code: EINVAL)
            }
            try address.connect(descriptor)
            if !text.isEmpty { _ = Socket(descriptor: descriptor).write(Array(text.utf8)[...]) }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    deinit {
        Glibc.close(descriptor)
    }

    func send(_ text: String) async {
        await send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) async {
        await onThread { [descriptor] in
            var rest = bytes[...]
            while !rest.isEmpty {
                let sent = unsafe rest.withUnsafeBytes {
                    unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard sent > 0 else { return }
                rest.removeFirst(sent)
            }
        }
    }

    /// What arrives before the time is over, the connection ends, or `isEnough` says so.
    func receive(
        within timeout: Duration = .seconds(180), until isEnough: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }
    ) async -> (bytes: [UInt8], isClosed: Bool) {
        await onThread { [descriptor] in
            let end = ContinuousClock.now + timeout
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while !isEnough(bytes) {
                let left = (end - ContinuousClock.now).pollMilliseconds
                guard left > 0 else { return (bytes, false) }
                var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                guard unsafe Glibc.poll(&poll, 1, left) > 0 else { continue }
                let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
                guard count > 0 else { return (bytes, true) }
                bytes += buffer[..<count]
            }
            return (bytes, false)
        }
    }

    /// Everything until the server closes, as text.
    func receiveAll(within timeout: Duration = .seconds(180)) async -> (text: String, isClosed: Bool) {
        let (bytes, isClosed) = await receive(within: timeout)
        return (String(decoding: bytes, as: UTF8.self), isClosed)
    }

    /// What arrives until this text has come.
    func receive(upTo text: String, within timeout: Duration = .seconds(180)) async -> String {
        let wanted = Array(text.utf8)
        let (bytes, _) = await receive(within: timeout) { received in
            guard received.count >= wanted.count else { return false }
            return (0...(received.count - wanted.count)).contains { received[$0..<$0 + wanted.count].elementsEqual(wanted) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func closeWriting() {
        Glibc.shutdown(descriptor, Int32(SHUT_WR))
    }

    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }
}

extension SocketAddress {
    fileprivate func connect(_ descriptor: Int32) throws(SystemError) {
        let result = unsafe withSystemAddress { address, length in unsafe Glibc.connect(descriptor, address, length) }
        guard result == 0 else { throw SystemError.last("connect") }
    }
}
