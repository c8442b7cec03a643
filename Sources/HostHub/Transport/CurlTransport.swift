import Foundation
import HostHTTP

/// Fetches by libcurl, a connection for each request.
struct CurlTransport: HubTransport {
    private static let bufferBytes = 256 << 10
    private static let httpAndHTTPS = 1 | 2

    private let library: CurlLibrary
    private let connectSeconds: Int
    private let silentSeconds: Int

    /// - Parameter silentSeconds: a transfer that brings nothing for this long is aborted.
    /// - Throws: `HubError.noTransport`.
    init(connectSeconds: Int = 30, silentSeconds: Int = 60) throws(HubError) {
        library = try CurlLibrary()
        (self.connectSeconds, self.silentSeconds) = (connectSeconds, silentSeconds)
    }

    func get(_ request: HubRequest, to receiver: any HubReceiver) throws(TransportFailure) {
        guard var handle = CurlLibrary.Handle(library) else { throw TransportFailure(.passing, "no memory") }
        let exchange = CurlExchange(receiver)
        handle.set(.address, request.address.text)
        handle.set(.protocols, Self.httpAndHTTPS)
        handle.set(.followsRedirects, 0)
        handle.set(.noSignals, 1)
        handle.set(.connectTimeout, connectSeconds)
        handle.set(.lowSpeedLimit, 1)
        handle.set(.lowSpeedTime, silentSeconds)
        handle.set(.bufferSize, Self.bufferBytes)
        handle.set(.hidesConnectHeaders, 1)
        // Empty means no proxy; otherwise the library would look into the environment by itself.
        handle.set(.proxy, request.proxy ?? "")
        handle.set(.direct, request.direct ?? "")
        if let certificates = request.certificates { handle.set(.certificates, certificates) }
        handle.setFields(request.headers.fields.map { "\($0.name): \($0.value)" })
        handle.set(.noProgress, 0)
        let code = exchange.attached(to: handle) { $0.perform() }
        if exchange.wasEnded || code == 0 && exchange.hasBegun { return }
        throw receiver.isCancelled ? TransportFailure(.cancelled, "cancelled") : failure(code, exchange)
    }

    private func failure(_ code: CInt, _ exchange: CurlExchange) -> TransportFailure {
        guard code != 0 else { return TransportFailure(.passing, "the connection ended before an answer") }
        // 1 and 3: an address of another kind; 5 and 6: no such name; 35, 51, 58, 60, 66, 77, 83, 90, 91: certificates.
        let lasting: Set<CInt> = [1, 3, 5, 6, 51, 58, 60, 66, 77, 83, 90, 91]
        // In the middle of a transfer a name that is not found is a network that went away.
        let isLasting = lasting.contains(code) && !exchange.hasBegun
        return TransportFailure(isLasting ? .lasting : .passing, library.text(of: code))
    }
}

/// One answer on its way from the library to the receiver.
private final class CurlExchange {
    private static let longestHead = 64 << 10

    private let receiver: any HubReceiver
    private var status: Int?
    private var headers = HTTPHeaders()
    private var headBytes = 0
    private(set) var hasBegun = false
    /// Whether the receiver wanted no more.
    private(set) var wasEnded = false

    init(_ receiver: any HubReceiver) { self.receiver = receiver }

    var isCancelled: Bool { receiver.isCancelled }

    /// Has the library call this object for as long as `body` runs.
    func attached<Result>(to handle: borrowing CurlLibrary.Handle, _ body: (borrowing CurlLibrary.Handle) -> Result) -> Result {
        let target = unsafe UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
        for option in [CurlOption.bodyTarget, .headTarget, .progressTarget] { unsafe handle.set(option, target) }
        unsafe handle.set(.bodyFunction, unsafeBitCast(takeBody, to: UnsafeRawPointer.self))
        unsafe handle.set(.headFunction, unsafeBitCast(takeHead, to: UnsafeRawPointer.self))
        unsafe handle.set(.progressFunction, unsafeBitCast(askProgress, to: UnsafeRawPointer.self))
        return withExtendedLifetime(self) { body(handle) }
    }

    func body(_ bytes: [UInt8]) -> Bool {
        wasEnded = !hasBegun || !receiver.take(bytes)
        return !wasEnded
    }

    /// One line of the head, its end included.
    func head(_ line: [UInt8]) -> Bool {
        headBytes += line.count
        guard headBytes <= CurlExchange.longestHead else { return false }
        // What comes after the body are trailers.
        guard !hasBegun else { return true }
        let text = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if text.hasPrefix("HTTP/") {
            status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            headers = HTTPHeaders()
        } else if let colon = text.firstIndex(of: ":") {
            let value = text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers.append(String(text[..<colon]), value)
        } else if text.isEmpty, let status, status >= 200 {
            hasBegun = true
            wasEnded = !receiver.begin(HubHead(status: status, headers: headers))
            return !wasEnded
        }
        return true
    }
}

private func exchange(_ target: UnsafeMutableRawPointer?) -> CurlExchange? {
    unsafe target.map { unsafe Unmanaged<CurlExchange>.fromOpaque($0).takeUnretainedValue() }
}

private func copied(_ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int) -> [UInt8] {
    unsafe Array(UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
}

/// The library takes any number but that of the bytes for a wish to end.
private let takeBody: @convention(c) (UnsafeMutablePointer<UInt8>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
    bytes, size, count, target in
    let isTaken = unsafe exchange(target)?.body(copied(bytes, size * count)) ?? false
    return isTaken ? size * count : size * count == 0 ? 1 : 0
}

private let takeHead: @convention(c) (UnsafeMutablePointer<UInt8>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
    bytes, size, count, target in
    let isTaken = unsafe exchange(target)?.head(copied(bytes, size * count)) ?? false
    return isTaken ? size * count : size * count == 0 ? 1 : 0
}

private let askProgress: @convention(c) (UnsafeMutableRawPointer?, Int, Int, Int, Int) -> CInt = { target, _, _, _, _ in
    unsafe exchange(target)?.isCancelled == true ? 1 : 0
}
